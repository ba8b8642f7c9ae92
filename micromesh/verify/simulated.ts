import { z } from "zod";
import { failure } from "../../stacks/outputs.ts";
import type { Observation } from "./client/observation.ts";
import { originName, ProbeError, type Transport } from "./transport.ts";

const observationSchema = z.object({
  status: z.int().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.string().optional(),
  truncated: z.boolean().optional(),
  addresses: z.array(z.string()).optional(),
  services: z.array(z.string()).optional(),
  tally: z.record(z.string(), z.int()).optional(),
  failure: failure.optional(),
  ms: z.number(),
}) satisfies z.ZodType<Observation>;

/**
 * How probes run here. What was changed holds at once, but programs that read their files again take their time; the
 * labs' pods share nothing but this machine.
 */
export const simulatedRun = { settleSeconds: 5, labsAtOnce: true };

/** Beyond the probe's own time, for the simulator to answer at all. */
const graceMs = 10_000;

/**
 * Probes a running simulator through its control API, `POST /api/probes` on loopback: the simulator
 * runs the client in the pods that it simulates.
 */
export function simulatedTransport(controlPort: number): Transport {
  const where = `127.0.0.1:${controlPort}`;
  return {
    async observe(from, request, timeoutMs) {
      let response: Response;
      let text: string;
      try {
        response = await fetch(`http://${where}/api/probes`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ from, request, timeoutSeconds: timeoutMs / 1000 }),
          signal: AbortSignal.timeout(timeoutMs + graceMs),
        });
        text = await response.text();
      } catch (error) {
        throw unanswered(error as Error, where);
      }
      const answer = json(text);
      const observation = observationSchema.safeParse(answer);
      if (response.ok && observation.success) return observation.data;
      const reason = (answer as { error?: unknown } | undefined)?.error;
      throw new ProbeError(
        typeof reason === "string"
          ? `from ${originName(from)}: ${reason}`
          : `${where} answered ${response.status}, but not as a simulator does: is another program there? Choose a port with --control-port`,
      );
    },
    async close() {},
  };
}

function unanswered(error: Error, where: string): ProbeError {
  if (error.name === "TimeoutError")
    return new ProbeError(`the simulator at ${where} didn't answer in time: is it overloaded?`);
  const { code } = (error.cause ?? {}) as { code?: string };
  if (code === "ECONNREFUSED")
    return new ProbeError(
      `no simulator runs at ${where}: start one with \`micromesh simulate\`, or name its port with --control-port`,
    );
  return new ProbeError(`the simulator at ${where} broke off the request (${code ?? error.name})`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

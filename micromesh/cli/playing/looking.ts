/** The steps that look: at pods, at what is answered from where, at what is predicted. */
import type { Request, WorkloadRef } from "../../../stacks/outputs.ts";
import { explain } from "../../prediction/explain/explain.ts";
import { kubernetesObjects } from "../../resources/kubernetes.ts";
import { declaredPlatform } from "../../resources/platform.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { wrap as broken } from "../../verify/columns.ts";
import { judge } from "../../verify/judge.ts";
import { ProbeError } from "../../verify/transport.ts";
import { printable, requestWords, seenWords } from "../../verify/words.ts";
import { explanationText } from "../predicting/explanation.ts";
import { wrap } from "../wrap.ts";
import { type Game, labOf } from "./game.ts";
import { inTurn } from "./in-turn.ts";
import { placeCalled, placesOf, titleOf } from "./places.ts";
import type { Step, Told } from "./step.ts";

/** A look may take so long; a pod that drops packets says nothing for ever. */
const PATIENCE_MS = 4000;
/** A probe that hasn't been answered by then doesn't hold up the next one. */
const NEXT_PROBE_MS = 1000;
const LOG_LINES = 15;
/** Of an answer that is shown. */
const BODY_LENGTH = 1000;

export const pods: Step = {
  name: "pods",
  takes: "",
  what: "the pods, and how they are",
  async play(game) {
    const places = placesOf(await game.simulator.pods());
    const pods = places.flatMap((place) =>
      place.pods.map(({ name, ip, phase, ready, containers }) => ({
        workload: titleOf(place),
        pod: name,
        ip,
        phase,
        ready,
        restarts: containers.reduce((sum, { restarts }) => sum + restarts, 0),
      })),
    );
    const rows = pods.map(({ workload, ip = "", phase, ready, restarts }) => [
      workload,
      ip,
      ready ? "ready" : phase === "Running" ? "not ready" : phase,
      `${restarts} restarts`,
    ]);
    return { data: { pods }, text: aligned(rows) };
  },
};

export const probes: Step = {
  name: "probes",
  takes: "",
  what: "what the lab's probes saw before, and see now",
  async play(game) {
    const { before, probes } = await labOf(game);
    const asked = before.length > 0 ? before : probes;
    const seen = await inTurn(
      asked.map((probe) => ({
        run: async () => {
          const { from, request, timeoutSeconds } = probe;
          const looked = await observed(game, from, request, timeoutSeconds * 1000);
          const { verdict, expected, seen } = judge(probe, looked);
          return { probe: probe.name, before: expected, now: seen, same: verdict === "pass" };
        },
        // A count is spoilt by whatever is asked meanwhile.
        patienceMs: "tally" in probe.request ? Number.POSITIVE_INFINITY : NEXT_PROBE_MS,
      })),
    );
    const lines = seen.map(
      ({ probe, before, now, same }) =>
        `${same ? " " : "!"} ${wrap(probe, game.width, 2).slice(2)}` +
        (same ? "" : `\n${wrap(printable(`before: ${before}; now: ${now}`), game.width, 4)}`),
    );
    return { data: { probes: seen }, text: lines.join("\n") };
  },
};

export const logs: Step = {
  name: "logs",
  takes: "<workload>",
  what: "what its pods have written lately",
  async play({ simulator, width }, [name = ""]) {
    const place = placeCalled(name, placesOf(await simulator.pods()));
    const logs = await Promise.all(
      place.pods.map(async (pod) => ({
        pod: pod.name,
        lines: (await simulator.logs(pod.namespace, pod.name)).slice(-LOG_LINES),
      })),
    );
    const text = logs.flatMap(({ pod, lines }) => [
      `${pod}:`,
      ...lines.flatMap((line) => broken(printable(line), width - 2).map((part) => `  ${part}`)),
    ]);
    return { data: { logs }, text: text.join("\n") };
  },
};

export const lookup: Step = {
  name: "lookup",
  takes: "<from> <name>",
  what: "ask CoreDNS for a name, as a pod does",
  play: (game, [from = "", name = ""]) => look(game, from, { kind: "dns", name }),
};

export const ask: Step = {
  name: "ask",
  takes: "<from> <url>",
  what: "send a GET from a pod, or from outside",
  play: async (game, [from = "", url = ""]) =>
    look(game, from, { kind: "http", url: absolute(url), method: "GET", headers: {} }),
};

export const connect: Step = {
  name: "connect",
  takes: "<from> <host:port>",
  what: "open a TCP connection from a pod",
  async play(game, [from = "", end = ""]) {
    const [, host, digits] = /^(.+):(\d{1,5})$/.exec(end) ?? [];
    const port = Number(digits);
    if (!host || !(port >= 1 && port <= 65535)) {
      throw new UsageError(`connect: write HOST:PORT, the port from 1 to 65535, not ${end}`);
    }
    return look(game, from, { kind: "tcp", host, port });
  },
};

export const explaining: Step = {
  name: "explain",
  takes: "<src> <dst[:port]>",
  what: "what is predicted of a path, and by which rules",
  async play(game, [source = "", destination = ""]) {
    const { scenario } = await labOf(game);
    const declaration = await game.declare(scenario);
    const objects = kubernetesObjects(declaration);
    const found = explain(objects, declaredPlatform(declaration), source, destination);
    return { data: found, text: explanationText(found, game.width) };
  },
};

async function look(game: Game, name: string, request: Request): Promise<Told> {
  const place =
    name === "outside" ? name : placeCalled(name, placesOf(await game.simulator.pods()));
  const [from, title] =
    place === "outside"
      ? (["outside", "outside"] as const)
      : ([{ namespace: place.namespace, workload: place.workload }, titleOf(place)] as const);
  const seen = await observed(game, from, request, PATIENCE_MS);
  const words = "error" in seen ? printable(seen.error) : seenWords(seen, BODY_LENGTH);
  return {
    data: { from: title, asked: requestWords(request), seen },
    text: broken(words, game.width).join("\n"),
  };
}

/** That it couldn't be run is something to be seen, too; that nobody is there to run it isn't. */
async function observed(
  { simulator }: Game,
  from: "outside" | WorkloadRef,
  request: Request,
  timeoutMs: number,
) {
  try {
    return await simulator.observe(from, request, timeoutMs);
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    await simulator.ask("/healthz");
    return { error: error.message };
  }
}

function absolute(url: string): string {
  if (URL.canParse(url) && new URL(url).protocol === "http:") return url;
  throw new UsageError(`ask: write an absolute URL that begins with http://, not ${url}`);
}

/** Rows in columns, none wider than it must be. */
function aligned(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

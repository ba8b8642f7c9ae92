/** Asks the replicas of a service how they behave, and tells them how to. */
import { isIPv6 } from "node:net";
import { request } from "undici";
import type * as z from "zod";
import { ADMIN_PATH } from "../../names.ts";
import type { Service } from "../services.ts";
import type * as schemas from "./schemas.ts";

/** A replica that takes longer, in milliseconds, can't be asked. */
const TIMEOUT_MS = 2000;
/** No replica has more to say of its behaviour. */
const MAX_BODY_BYTES = 64 * 1024;

type Behaviours = z.output<typeof schemas.behaviours>;
type Reply = Behaviours["replicas"][string];

/**
 * Asks every replica of the service, at its admin port.
 *
 * @param body what each is told; undefined: they are only asked
 * @returns 502 if some replica couldn't be asked, or there is none; 400 if one refuses; else 200
 */
export async function askAll(
  service: Service,
  body: unknown,
): Promise<{ status: 200 | 400 | 502; answer: Behaviours }> {
  const addresses = [...new Set(service.endpoints().map(({ address }) => address))];
  const replies = await Promise.all(
    addresses.map(
      async (address): Promise<[string, Reply]> => [
        address,
        await ask(address, service.config.admin_port, body),
      ],
    ),
  );
  const replicas = Object.fromEntries(replies);
  const answer = (status: 400 | 502, error: string) => ({ status, answer: { error, replicas } });
  if (replies.length === 0)
    return answer(502, `${service.name} has no replica; see GET ${ADMIN_PATH}/status`);
  const away = replies.find(([, { status = 502 }]) => status >= 500);
  if (away) {
    const [address, { status, error }] = away;
    return answer(502, `${address} can't be asked: ${error ?? `it answered ${status}`}`);
  }
  const refusing = replies.find(([, { status = 200 }]) => status >= 400);
  if (refusing) {
    const [address, { status, body }] = refusing;
    const detail = (body as { error?: unknown } | undefined)?.error;
    return answer(400, `${address} answered ${status}${detail ? `: ${detail}` : ""}`);
  }
  return { status: 200, answer: { replicas } };
}

async function ask(address: string, port: number, body: unknown): Promise<Reply> {
  const host = isIPv6(address) ? `[${address}]` : address;
  try {
    const answer = await request(`http://${host}:${port}/behaviour`, {
      method: body === undefined ? "GET" : "PUT",
      ...(body !== undefined && {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: answer.statusCode, body: parsed(await limited(answer.body)) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: name === "TimeoutError" ? `no answer within ${TIMEOUT_MS} ms` : message };
  }
}

async function limited(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`its answer is over ${MAX_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

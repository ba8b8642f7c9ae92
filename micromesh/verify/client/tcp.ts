import net from "node:net";
import type { Request } from "../../../stacks/outputs.ts";
import type { Answer } from "./answer.ts";
import { ClosedEarly } from "./failures.ts";
import type { Via } from "./observation.ts";

/**
 * How long a connection that nothing is to be read from must stay open to count as one (but never more
 * than half of the request's time). A sidecar accepts every connection of its pod and closes it when
 * the other side refuses: being connected alone says nothing.
 */
const quietMs = 1000;

/**
 * Connects, sends `send`, and reads until `reads` has been seen, the peer ends, or `signal` stops it.
 * Without `reads` the first bytes are the answer, or a second in which the connection stays open; but
 * Envoy's RBAC filter denies TCP only when the first bytes come, so a denial shows only to who sends.
 * @throws system errors of the connection; ClosedEarly if it was ended and nothing had come
 */
export async function askTcp(
  request: Extract<Request, { kind: "tcp" }>,
  timeoutMs: number,
  via: Via | undefined,
  answer: Answer,
  signal: AbortSignal,
): Promise<void> {
  const { send, reads } = request;
  const socket = net.connect({ ...(via ?? { host: request.host, port: request.port }), signal });
  let quiet: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("connect", () => {
        if (send !== undefined) socket.write(send);
        if (reads !== undefined) return;
        quiet = setTimeout(
          () => {
            answer.open();
            resolve();
          },
          Math.min(quietMs, timeoutMs / 2),
        );
      });
      socket.on("data", (chunk) => {
        answer.append(chunk);
        if (reads === undefined || answer.full || answer.bytes.includes(reads)) resolve();
      });
      socket.on("error", reject);
      const ended = () => (answer.empty ? reject(new ClosedEarly()) : resolve());
      socket.on("end", ended);
      socket.on("close", ended);
    });
  } finally {
    clearTimeout(quiet);
    socket.destroy();
  }
}

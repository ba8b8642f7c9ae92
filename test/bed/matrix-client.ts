/**
 * The matrix' client as a program: `node -e SOURCE '{"requests": [...], "timeoutMs": …}'` puts all
 * requests at once and prints one JSON line, `{"answers": [...]}`: observations, or errors, in their order.
 */
import dgram from "node:dgram";
import type { Observation } from "../../micromesh/verify/client/observation.ts";
import { observe } from "../../micromesh/verify/client/observe.ts";
import type { MatrixRequest } from "../prediction/matrix-probes.ts";

export type MatrixAnswer = { observation: Observation } | { error: string };

async function answer(request: MatrixRequest, timeoutMs: number): Promise<MatrixAnswer> {
  try {
    const observation =
      request.kind === "udp"
        ? await askUdp(request.host, request.port, timeoutMs)
        : await observe(request, timeoutMs);
    return { observation };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Sends one datagram and waits for what comes back: an answer, or the news that nobody listens. */
function askUdp(host: string, port: number, timeoutMs: number): Promise<Observation> {
  const started = performance.now();
  const socket = dgram.createSocket("udp4");
  return new Promise<Observation>((resolve, reject) => {
    const done = (seen: Omit<Observation, "ms">) =>
      resolve({ ...seen, ms: performance.now() - started });
    setTimeout(() => done({ failure: "timeout" }), timeoutMs);
    socket.on("message", (message) => done({ body: message.toString() }));
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNREFUSED" ? done({ failure: "refused" }) : reject(error),
    );
    socket.connect(port, host, () => socket.send("ping"));
  }).finally(() => socket.close());
}

const { requests, timeoutMs } = JSON.parse(process.argv.at(-1) ?? "") as {
  requests: MatrixRequest[];
  timeoutMs: number;
};
const answers = requests.map((request) => answer(request, request.patienceMs ?? timeoutMs));
Promise.all(answers).then((answers) =>
  // Look-ups and timers must not keep the process.
  process.stdout.write(`${JSON.stringify({ answers })}\n`, () => process.exit(0)),
);

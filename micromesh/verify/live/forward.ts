import net, { type AddressInfo, type Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { ProbeError } from "../transport.ts";
import type { Backend } from "./backend.ts";
import type { Cluster } from "./cluster.ts";
import { apiProblem } from "./problems.ts";

const openingMs = 15_000;

/** A loopback port that leads, for one connection, to a pod's port. */
export interface Forward {
  port: number;
  /** The pod refused the connection: nothing listens on its port. */
  refused(): boolean;
  /** What else went wrong on the way, in the words of the cluster. */
  trouble(): string | undefined;
  close(): void;
}

/**
 * Opens what `kubectl port-forward` opens: a stream through the Kubernetes API to a port of the pod, on
 * the pod's own loopback. It carries one connection, opened before it's asked for, so that a probe
 * doesn't count the cluster's time as the network's. The API ends it in one way only: a reset by the
 * pod arrives as an end.
 * @throws ProbeError if the API doesn't let us
 */
export async function openForward(
  cluster: Cluster,
  { namespace, pod, port }: Backend,
): Promise<Forward> {
  const doing = `forward a port to ${namespace}/${pod}`;
  const toPod = new PassThrough();
  const fromPod = new PassThrough();
  const errors: Buffer[] = [];
  const errorStream = new Writable({
    write(chunk, _encoding, done) {
      errors.push(chunk);
      done();
    },
  });
  const said = () => Buffer.concat(errors).toString("utf8").trim();
  const opening = cluster.portForward.portForward(
    namespace,
    pod,
    [port],
    fromPod,
    errorStream,
    toPod,
  );
  const socket = await inTime(opening, doing).catch((error) => {
    throw apiProblem(error, doing, "create pods/portforward");
  });
  // Without a retry count it is a WebSocket, not the function that the signature allows for too.
  if (typeof socket === "function")
    throw new ProbeError(`can't ${doing}: no connection was opened`);
  socket.onclose = () => fromPod.end();

  const clients = new Set<Socket>();
  const server = net.createServer((client) => {
    clients.add(client);
    client.on("error", () => {});
    client.pipe(toPod, { end: false });
    fromPod.pipe(client);
  });
  server.maxConnections = 1;
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const close = () => {
    cluster.closing.removeEventListener("abort", close);
    for (const client of clients) client.destroy();
    server.close();
    socket.close();
  };
  cluster.closing.addEventListener("abort", close);
  return {
    port: (server.address() as AddressInfo).port,
    refused: () => /connection refused/i.test(said()),
    trouble: () => said() || undefined,
    close,
  };
}

async function inTime<T>(opening: Promise<T>, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ProbeError(`can't ${doing}: no answer in ${openingMs / 1000} s`);
    timer = setTimeout(() => reject(error), openingMs);
  });
  return Promise.race([opening, late]).finally(() => clearTimeout(timer));
}

import { Writable } from "node:stream";
import type { V1Status } from "@kubernetes/client-node";
import { ProbeError } from "../transport.ts";
import type { Cluster } from "./cluster.ts";
import type { ChosenPod } from "./pods.ts";
import { apiProblem } from "./problems.ts";

/** The command ran, or couldn't be started, and printed no line: what the container runtime says. */
export class CommandFailed extends Error {
  override name = "CommandFailed";
}

/**
 * Runs a command in a container and gives the first line that it prints, without waiting for its end.
 * @param timeoutMs for all of it, the connection to the cluster included
 * @throws CommandFailed if it ends without a line; ProbeError if it couldn't be asked for
 */
export async function firstLineOf(
  cluster: Cluster,
  { namespace, name }: ChosenPod,
  container: string,
  command: string[],
  timeoutMs: number,
): Promise<string> {
  const where = `container ${container} of ${namespace}/${name}`;
  let socket: { close(): void } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let stop: () => void = () => {};
  try {
    return await new Promise<string>((resolve, reject) => {
      timer = setTimeout(
        () => reject(new ProbeError(`no answer from ${where} within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      stop = () => reject(new ProbeError(`the probe in ${where} was stopped`));
      cluster.closing.addEventListener("abort", stop);
      const errors = collector(() => {});
      const output = collector((text) => {
        const end = text.indexOf("\n");
        if (end >= 0) resolve(text.slice(0, end));
      });
      const ended = (status: V1Status) =>
        reject(new CommandFailed(reasonOf(status, errors.text())));
      cluster.exec
        .exec(namespace, name, container, command, output.stream, errors.stream, null, false, ended)
        .then((opened) => {
          socket = opened;
          if (over) opened.close();
          opened.onclose = () =>
            reject(new ProbeError(`the cluster broke off the command in ${where}`));
        })
        .catch((error) =>
          reject(apiProblem(error, `run the probe in ${where}`, "create pods/exec")),
        );
    });
  } finally {
    over = true;
    clearTimeout(timer);
    cluster.closing.removeEventListener("abort", stop);
    socket?.close();
  }
}

function collector(onText: (text: string) => void): { stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const text = () => Buffer.concat(chunks).toString("utf8");
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      onText(text());
      done();
    },
  });
  return { stream, text };
}

/** E.g. `command terminated with exit code 1: node: bad option`. */
function reasonOf(status: V1Status, stderr: string): string {
  const message = status.message ?? "it ended and printed nothing";
  const detail = stderr.trim().split("\n").at(-1);
  return detail ? `${message}: ${detail}` : message;
}

import { translate } from "../agent/files.ts";
import type { Mount } from "../agent/messages.ts";
import { findInstallation, thisMachine } from "../runtimes/postgres/installation.ts";
import { StartProblem } from "../runtimes/postgres/problem.ts";
import { CannotStart } from "./environment.ts";
import type { ContainerSpec } from "./spec.ts";

/** Images that aren't Node programs themselves; a runtime of ours stands for each. */
const RUNTIMES = {
  httpd: "httpd",
  postgres: "postgres",
  redis: "redis",
  traefik: "ingress",
} as const;
export type Runtime = (typeof RUNTIMES)[keyof typeof RUNTIMES];
export const runtimes: Runtime[] = Object.values(RUNTIMES);

/** Images by the last part of their name, whichever registry or mirror they come from. */
export function imageName(image: string): string {
  const last = image.split("@")[0]?.split("/").at(-1) ?? "";
  return last.split(":")[0] ?? "";
}

export function isKnownImage(image: string): boolean {
  return imageName(image) === "node" || runtimeOf(image) !== undefined;
}

function runtimeOf(image: string): Runtime | undefined {
  const name = imageName(image);
  return Object.hasOwn(RUNTIMES, name) ? RUNTIMES[name as keyof typeof RUNTIMES] : undefined;
}

/**
 * What Node runs for a container: the script and its arguments, on this machine's paths.
 * @param bundles where the runtimes' bundles are, by runtime
 * @throws CannotStart for an image or a command that the simulator doesn't know
 */
export function commandOf(
  container: ContainerSpec,
  mounts: Mount[],
  bundles: Record<Runtime, string>,
): string[] {
  const command = [...(container.command ?? []), ...(container.args ?? [])];
  const runtime = runtimeOf(container.image);
  if (runtime === "postgres") return [bundles[runtime], nativePostgres(container), ...command];
  if (runtime) return [bundles[runtime], ...command];
  if (imageName(container.image) !== "node") {
    const known = ["node", ...Object.keys(RUNTIMES)].join(", ");
    throw new CannotStart(
      "ErrImagePull",
      `image ${container.image} (container ${container.name}) is not one that the simulator can run; it knows ${known}`,
    );
  }
  const [program, ...args] = command;
  if (!program || !/^(.*\/)?node(js)?$/.test(program)) {
    throw new CannotStart(
      "RunContainerError",
      `container ${container.name}: the simulator runs node images by "node FILE", not by ${JSON.stringify(program ?? "the image's entrypoint")}`,
    );
  }
  return args.map((argument) =>
    argument.startsWith("/") ? translate(argument, mounts) : argument,
  );
}

/** @throws CannotStart where this machine has no PostgreSQL */
function nativePostgres({ name, image }: ContainerSpec): string {
  try {
    return findInstallation(thisMachine());
  } catch (error) {
    if (!(error instanceof StartProblem)) throw error;
    throw new CannotStart("ErrImagePull", `image ${image} (container ${name}): ${error.message}`);
  }
}

import { join } from "node:path";

/**
 * Every listening port of a simulated pod is a Unix socket in the run's folder, named by the pod's
 * address and port: nothing has to be registered to be found, and no port of the machine is used.
 * Names are short because macOS ends them at 104 bytes.
 */
export function socketPath(directory: string, ip: string, port: number, loopback = false): string {
  return join(directory, `${ip}${loopback ? "-lo" : ""}-${port}`);
}

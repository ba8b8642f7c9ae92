import { run } from "./explain.ts";
import { examples } from "./settings.ts";

/** What only several settings together show to be wrong with a cluster that K3s makes; one line each. */
export function k3sProblems(cluster: Record<string, unknown>): string[] {
  if (cluster.kind !== "k3s" && cluster.kind !== "ec2") return [];
  const problems = cluster.kind === "k3s" ? sameHosts(cluster) : [];
  // What is of another form is told elsewhere.
  const counted = (value: unknown): number =>
    cluster.kind === "k3s" ? (Array.isArray(value) ? value.length : 0) : Number(value ?? 0) || 0;
  const key = cluster.kind === "k3s" ? "servers" : "haServers";
  const servers = counted(cluster[key]);
  if (servers > 0 && servers % 2 === 0) {
    problems.push(
      `micromesh:cluster.${key} ${key === "servers" ? `names ${servers} hosts` : `is ${servers}`}; ` +
        "etcd needs an odd number of servers to agree: make it one more or less",
    );
  }
  const agents = counted(cluster.agents);
  if (servers + agents > 1 && cluster.token === undefined) {
    problems.push(
      `micromesh:cluster.token is missing; ${servers + agents} nodes join by one: ` +
        run("cluster.token", examples["cluster.token"] as string),
    );
  }
  if (
    cluster.kind === "ec2" &&
    (cluster.keyName === undefined) !== (cluster.privateKey === undefined)
  ) {
    const [has, lacks] =
      cluster.keyName === undefined ? ["privateKey", "keyName"] : ["keyName", "privateKey"];
    problems.push(
      `micromesh:cluster.${lacks} is missing; it goes with ${has}: ` +
        run(`cluster.${lacks}`, lacks === "keyName" ? "NAME" : "PATH"),
    );
  }
  return problems;
}

/** A host that is named twice would be made two nodes, one over the other. */
function sameHosts(cluster: Record<string, unknown>): string[] {
  const seen = new Map<string, string>();
  return ["servers", "agents"].flatMap((key) => {
    const hosts = Array.isArray(cluster[key]) ? (cluster[key] as unknown[]) : [];
    return hosts.flatMap((host, i) => {
      const { address, port = 22 } = (host ?? {}) as { address?: unknown; port?: unknown };
      if (typeof address !== "string") return [];
      const path = `cluster.${key}[${i}]`;
      const twin = seen.get(`${address}:${port}`);
      if (twin === undefined) {
        seen.set(`${address}:${port}`, path);
        return [];
      }
      return [
        `micromesh:${path} is at ${address}:${port}, as is ${twin}; a host is one node: ` +
          `run "pulumi config rm --path micromesh:${path}"`,
      ];
    });
  });
}

/** Finds the Service that a person means by a name. */
import { UsageError } from "../../resources/usage-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { type Service, servicePort } from "../cluster/services.ts";
import type { End } from "./ends.ts";

/**
 * A Service by `namespace/name`, by its name in the cluster's DNS, or by its bare name, as a pod in the
 * source's namespace would call it. A workload of that name goes before a Service, unless it's the Service
 * that has the port.
 * @throws UsageError where the name is one of the cluster's, and no Service has it
 */
export function serviceNamed(
  cluster: Cluster,
  text: string,
  from: End,
  port: number | string | undefined,
): Service | undefined {
  const own = from.kind === "pod" ? from.pod.namespace : undefined;
  const dotted = text.includes("/") ? undefined : byDns(cluster, text);
  if (dotted) return dotted;
  const found = cluster.services.filter(
    ({ key, name, namespace }) => key === text || (name === text && namespace === own),
  );
  if (found.length === 0) {
    found.push(...cluster.services.filter(({ name }) => name === text));
  }
  const [service, other] = found;
  const workloads = cluster.workloads.filter(({ name, namespace }) =>
    [name, `${namespace}/${name}`].includes(text),
  );
  const [workload, ...alike] = workloads;
  if (service && workload && alike.length === 0) {
    const listens = workload.pod.ports.some(({ containerPort, name }) =>
      [containerPort, name].includes(port),
    );
    const has = port !== undefined && servicePort(service, port) !== undefined;
    return has && !listens && !other ? service : undefined;
  }
  if (!other) return service;
  const keys = found.map(({ key }) => key).join(" or ");
  throw new UsageError(`--explain ${text}: that may be Service ${keys}; write one of them`);
}

/** Undefined where it's a host outside. */
function byDns({ services, namespaces }: Cluster, text: string): Service | undefined {
  const suffix = /\.svc(?:\.cluster\.local)?\.?$/i.exec(text);
  const labels = (suffix ? text.slice(0, suffix.index) : text).toLowerCase().split(".");
  if (labels.length < 2 || labels.length > 3) return undefined;
  const [namespace = "", name = ""] = labels.toReversed();
  const service = services.find(({ key }) => key === `${namespace}/${name}`);
  // Before the name may stand that of a pod, if the Service is headless.
  if (service && (labels.length === 2 || service.headless)) return service;
  const isOurs =
    suffix || (labels.length === 2 && namespaces.some((one) => one.name === namespace));
  if (!isOurs) return undefined;
  const there = services.filter((one) => one.namespace === namespace).map((one) => one.name);
  const mend = there.length > 0 ? `${namespace} has ${there.join(", ")}` : `${namespace} has none`;
  throw new UsageError(
    `--explain ${text}: there is no Service ${namespace}/${name}, so the name isn't found; ${mend}`,
  );
}

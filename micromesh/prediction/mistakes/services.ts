/** Services that lead nowhere. */
import { parseBlock } from "../../connectivity/address.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { targetPort } from "../../resources/service-ports.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { named } from "../cluster/named.ts";
import type { Service } from "../cluster/services.ts";
import type { Mistake } from "../prediction.ts";

export function serviceMistakes({ services, objects }: Cluster): Mistake[] {
  return [...objects.flatMap(rangeMistakes), ...leadsNowhere(services)];
}

/** Source ranges that aren't blocks: the API server takes the Service only if all of them are. */
function rangeMistakes({ apiVersion, kind, metadata, spec }: KubernetesObject): Mistake[] {
  if (apiVersion !== "v1" || kind !== "Service" || spec?.type !== "LoadBalancer") return [];
  const object = `Service ${metadata.namespace ?? "default"}/${metadata.name}`;
  return ((spec.loadBalancerSourceRanges ?? []) as string[]).flatMap((range, i) =>
    parseBlock(String(range).trim())
      ? []
      : [
          {
            object,
            field: `spec.loadBalancerSourceRanges[${i}]`,
            text: `is ${range}, which is no block of addresses, so it admits nobody; write one like 203.0.113.0/24`,
          },
        ],
  );
}

function leadsNowhere(services: Service[]): Mistake[] {
  return services.flatMap(({ key, selector, backends, ports, namespace }): Mistake[] => {
    const wanted = Object.entries(selector);
    if (wanted.length === 0) return [];
    const object = `Service ${key}`;
    if (backends.length === 0) {
      const labels = wanted.map(([label, value]) => `${label}=${value}`).join(", ");
      const text = `selects no pod: no workload of ${namespace} has the labels ${labels}; connections to it are refused`;
      return [{ object, field: "spec.selector", text }];
    }
    if (backends.every(({ replicas }) => replicas === 0)) {
      const names = named(backends);
      return [
        {
          object,
          text: `selects only what has no replicas (${names}); connections to it are refused`,
        },
      ];
    }
    return ports.flatMap((port, i) => {
      const without = backends.filter(({ pod }) => targetPort(port, pod) === undefined);
      if (without.length === 0) return [];
      const names = named(without);
      const text = `is ${port.targetPort}, a name that no container of ${names} gives to a ${port.protocol ?? "TCP"} port; connections to port ${port.port} are refused`;
      return [{ object, field: `spec.ports[${i}].targetPort`, text }];
    });
  });
}

/** Services that lead nowhere. */
import { targetPort } from "../../resources/service-ports.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { named } from "../cluster/named.ts";
import type { Mistake } from "../prediction.ts";

export function serviceMistakes({ services }: Cluster): Mistake[] {
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

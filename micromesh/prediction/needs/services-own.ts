/** The ways in that Services have of their own: node ports and load balancers. */
import { everything } from "../../connectivity/address.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectTitle } from "../../resources/kubernetes.ts";
import { sourceRanges } from "../cluster/services.ts";
import type { WayIn } from "./way-in.ts";

/** The id of the node that stands between clients and pods. */
export const NODE = "{node}";

/**
 * With `externalTrafficPolicy: Local` clients come to the pods by their own addresses; otherwise by the address of
 * the node that takes them (https://kubernetes.io/docs/tutorials/services/source-ip/).
 */
export function serviceWaysIn(object: KubernetesObject): WayIn[] {
  const { spec = {}, metadata } = object;
  if (spec.type !== "LoadBalancer" && spec.type !== "NodePort") return [];
  const by: WayIn["by"] =
    spec.externalTrafficPolicy === "Local"
      ? { kind: "clients", ranges: sourceRanges(object) ?? Object.values(everything) }
      : { kind: "controller", id: NODE };
  const service = `${metadata.namespace ?? "default"}/${metadata.name}`;
  return ((spec.ports ?? []) as { port: number }[]).map(({ port }, i) => ({
    by,
    object: objectTitle(object),
    field: `spec.ports[${i}] of type ${spec.type}`,
    service,
    port,
    own: true,
  }));
}

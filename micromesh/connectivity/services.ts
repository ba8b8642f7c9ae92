/** Services as rules see them: who they are, and who stands behind them. */
import type { KubernetesObject } from "../resources/declared.ts";
import type { Service } from "./model.ts";
import type { PodParty } from "./party.ts";
import { allOf, inNamespace, labelled, type PartyTest } from "./party-test.ts";

/** The pods that a Service selects; nobody where it selects none by labels. */
export function podsBehind({ namespace, selector }: Service): PartyTest {
  return allOf(inNamespace(namespace), labelled({ matchLabels: selector }));
}

export function hasSelector({ selector }: Service): boolean {
  return Object.keys(selector ?? {}).length > 0;
}

/** The names, in full and by the default domain, of the Services that a pod stands behind. */
export function serviceNames(services: Service[], pod: PodParty): string[] {
  return services
    .filter((service) => hasSelector(service) && podsBehind(service).matches(pod))
    .map(({ name, namespace }) => `${name}.${namespace}.svc.cluster.local`);
}

/**
 * A declared Service. One without selector has the addresses that Endpoints or EndpointSlices among `objects`
 * give it.
 */
export function declaredService(service: KubernetesObject, objects: KubernetesObject[]): Service {
  const namespace = service.metadata.namespace ?? "default";
  const { name, labels = {} } = service.metadata;
  const selector = service.spec?.selector ?? undefined;
  const declared: Service = { namespace, name, labels, selector };
  if (hasSelector(declared)) return declared;
  const own = objects.filter((object) => (object.metadata.namespace ?? "default") === namespace);
  return {
    ...declared,
    endpoints: [...new Set(own.flatMap((object) => addressesIn(object, name)))],
  };
}

/** Every Service among the objects. */
export function declaredServices(objects: KubernetesObject[]): Service[] {
  const slices = objects.filter(({ kind }) => kind === "Endpoints" || kind === "EndpointSlice");
  return objects
    .filter(({ apiVersion, kind }) => apiVersion === "v1" && kind === "Service")
    .map((service) => declaredService(service, slices));
}

/** The addresses that an Endpoints object or an EndpointSlice gives the Service; those not ready aside. */
function addressesIn(object: KubernetesObject, service: string): string[] {
  const { apiVersion, kind, metadata } = object;
  if (apiVersion === "v1" && kind === "Endpoints" && metadata.name === service) {
    return items(object.subsets).flatMap(({ addresses }) =>
      items(addresses).flatMap(({ ip }) => (typeof ip === "string" ? [ip] : [])),
    );
  }
  const of = metadata.labels?.["kubernetes.io/service-name"];
  if (kind !== "EndpointSlice" || of !== service || object.addressType === "FQDN") return [];
  return items(object.endpoints)
    .filter(({ conditions }) => (conditions as { ready?: unknown } | null)?.ready !== false)
    .flatMap(({ addresses }) => (Array.isArray(addresses) ? addresses : []))
    .filter((address) => typeof address === "string");
}

/** The objects of a list that may be anything. */
function items(list: unknown): Record<string, unknown>[] {
  if (!Array.isArray(list)) return [];
  return list.filter((item) => typeof item === "object" && item !== null);
}

/** The settings of CoreDNS' plugin `kubernetes` (https://coredns.io/plugins/kubernetes/). */
import type { Directive } from "./parse.ts";
import { CorefileError, type Place } from "./tokens.ts";
import { zonesFrom, zonesOr } from "./zones.ts";

const PODS = ["disabled", "insecure", "verified"] as const;

export interface Kubernetes {
  zones: string[];
  /** Names by address: none, of any address in a namespace, or of pods that are there. */
  pods: (typeof PODS)[number];
  /** Zones whose unknown names go on to the next plugin. */
  fallthrough: string[];
  /** The only ones that have names; absent: all. */
  namespaces?: string[];
  /** Endpoints without a host name are named by their pods, not by their addresses. */
  endpointPodNames: boolean;
  /** Services without ready endpoints have no name. */
  ignoreEmptyService: boolean;
  place: Place;
}

/** Settings of connections, which a simulated plugin has none of. */
const CONNECTION = ["endpoint", "tls", "kubeconfig", "ttl"];

/** @param unknown is told the settings that have no effect here */
export function kubernetesFrom(
  { args, block = [], place }: Directive,
  servers: string[],
  unknown: (setting: string) => void,
): Kubernetes {
  const settings: Kubernetes = {
    zones: zonesOr(args, servers),
    pods: "disabled",
    fallthrough: [],
    endpointPodNames: false,
    ignoreEmptyService: false,
    place,
  };
  if (settings.zones.every(isReverse)) {
    throw new CorefileError(place, "kubernetes: non-reverse zone name must be used");
  }
  for (const { words, place: at } of block) {
    const [word = "", ...rest] = words;
    if (word === "pods") {
      const mode = PODS.find((one) => one === rest[0]);
      if (!mode) throw new CorefileError(at, `kubernetes: pods is one of ${PODS.join(", ")}`);
      settings.pods = mode;
    } else if (word === "fallthrough") {
      settings.fallthrough = rest.length > 0 ? rest.flatMap(zonesFrom) : [""];
    } else if (word === "namespaces") {
      if (rest.length === 0) throw new CorefileError(at, "kubernetes: namespaces needs names");
      settings.namespaces = [...(settings.namespaces ?? []), ...rest];
    } else if (word === "endpoint_pod_names") settings.endpointPodNames = true;
    else if (word === "ignore") {
      if (rest[0] !== "empty_service") {
        throw new CorefileError(at, `kubernetes: unable to parse ignore value: '${rest[0] ?? ""}'`);
      }
      settings.ignoreEmptyService = true;
    } else if (["labels", "namespace_labels", "noendpoints"].includes(word)) unknown(word);
    else if (!CONNECTION.includes(word)) {
      throw new CorefileError(at, `kubernetes: unknown property '${word}'`);
    }
  }
  return settings;
}

export function isReverse(zone: string): boolean {
  return /(^|\.)(in-addr|ip6)\.arpa$/.test(zone);
}

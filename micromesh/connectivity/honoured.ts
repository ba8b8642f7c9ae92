/**
 * The fields that decisions depend on, or that have no effect by their nature (descriptions). A declared
 * field that isn't here is ignored, and its user must be told so.
 */
import { operationFields, sourceFields } from "./authorization-attributes.ts";
import { negated } from "./authorization-policy.ts";
import { egressPeerFields, peerFields, peerPrefix } from "./cilium-peer.ts";

/**
 * By `group/Kind`, for what stands beside `metadata`. A list's items are `[]`, any key of a map is `*`.
 * Objects and lists on the way are listed too, since an empty one (`podSelector: {}`) means something.
 */
export const honoured: Record<string, string[]> = {
  "networking.k8s.io/NetworkPolicy": withPlaces(networkPolicy()),
  "cilium.io/CiliumNetworkPolicy": withPlaces(ciliumPolicy()),
  "cilium.io/CiliumClusterwideNetworkPolicy": withPlaces(ciliumPolicy()),
  "cilium.io/CiliumCIDRGroup": withPlaces(["spec.externalCIDRs[]"]),
  "policy.networking.k8s.io/ClusterNetworkPolicy": withPlaces([
    "spec.tier",
    "spec.priority",
    ...tieredPolicy((place) => [
      ...["tcp", "udp", "sctp"].flatMap((protocol) => {
        const port = `${place}.protocols[].${protocol}.destinationPort`;
        return [`${port}.number`, `${port}.range.start`, `${port}.range.end`];
      }),
      `${place}.protocols[].destinationNamedPort`,
    ]),
  ]),
  "policy.networking.k8s.io/AdminNetworkPolicy": withPlaces(["spec.priority", ...adminPolicy()]),
  "policy.networking.k8s.io/BaselineAdminNetworkPolicy": withPlaces(adminPolicy()),
  "security.istio.io/PeerAuthentication": withPlaces([
    "spec.selector.matchLabels.*",
    "spec.mtls.mode",
    "spec.portLevelMtls.*.mode",
  ]),
  "security.istio.io/AuthorizationPolicy": withPlaces(authorizationPolicy()),
};

/** The patterns, and every object and list on the way to them: each may be declared empty. */
function withPlaces(patterns: string[]): string[] {
  const all = new Set<string>();
  for (const pattern of patterns) {
    for (const step of pattern.matchAll(/\.|\[\]|$/g)) {
      all.add(pattern.slice(0, step.index));
      if (step[0] === "[]") all.add(pattern.slice(0, step.index + 2));
    }
  }
  return [...all];
}

function labelSelector(place: string): string[] {
  return [
    `${place}.matchLabels.*`,
    `${place}.matchExpressions[].key`,
    `${place}.matchExpressions[].operator`,
    `${place}.matchExpressions[].values[]`,
  ];
}

function networkPolicy(): string[] {
  const rule = (place: string, side: string) => [
    ...labelSelector(`${place}.${side}[].podSelector`),
    ...labelSelector(`${place}.${side}[].namespaceSelector`),
    `${place}.${side}[].ipBlock.cidr`,
    `${place}.${side}[].ipBlock.except[]`,
    `${place}.ports[].protocol`,
    `${place}.ports[].port`,
    `${place}.ports[].endPort`,
  ];
  return [
    ...labelSelector("spec.podSelector"),
    "spec.policyTypes[]",
    ...rule("spec.ingress[]", "from"),
    ...rule("spec.egress[]", "to"),
  ];
}

function ciliumPolicy(): string[] {
  return ["spec", "specs[]"].flatMap((spec) => [
    ...labelSelector(`${spec}.endpointSelector`),
    `${spec}.enableDefaultDeny.ingress`,
    `${spec}.enableDefaultDeny.egress`,
    `${spec}.description`,
    `${spec}.labels[].*`,
    ...(["ingress", "egress"] as const).flatMap((direction) => [
      ...ciliumRule(`${spec}.${direction}[]`, peerPrefix(direction)),
      ...ciliumHttp(`${spec}.${direction}[].toPorts[].rules.http[]`),
      ...ciliumRule(`${spec}.${direction}Deny[]`, peerPrefix(direction)),
    ]),
    ...ciliumEgressPeers(`${spec}.egress[]`),
    ...ciliumName(`${spec}.egress[].toPorts[].rules.dns[]`),
  ]);
}

function ciliumRule(place: string, prefix: string): string[] {
  const inside: Record<(typeof peerFields)[number], (at: string) => string[]> = {
    Endpoints: labelSelector,
    Entities: (at) => [at],
    CIDR: (at) => [at],
    CIDRSet: (at) => [
      `${at}.cidr`,
      `${at}.cidrGroupRef`,
      ...labelSelector(`${at}.cidrGroupSelector`),
      `${at}.except[]`,
    ],
  };
  return [
    ...peerFields.flatMap((suffix) => inside[suffix](`${place}.${prefix}${suffix}[]`)),
    `${place}.toPorts[].ports[].port`,
    `${place}.toPorts[].ports[].endPort`,
    `${place}.toPorts[].ports[].protocol`,
  ];
}

function ciliumEgressPeers(place: string): string[] {
  const inside: Record<(typeof egressPeerFields)[number], (at: string) => string[]> = {
    Services: (at) => [
      `${at}.k8sService.serviceName`,
      `${at}.k8sService.namespace`,
      ...labelSelector(`${at}.k8sServiceSelector.selector`),
      `${at}.k8sServiceSelector.namespace`,
    ],
    FQDNs: ciliumName,
  };
  return egressPeerFields.flatMap((suffix) => inside[suffix](`${place}.to${suffix}[]`));
}

function ciliumName(place: string): string[] {
  return [`${place}.matchName`, `${place}.matchPattern`];
}

function ciliumHttp(place: string): string[] {
  return [
    `${place}.path`,
    `${place}.method`,
    `${place}.host`,
    `${place}.headers[]`,
    `${place}.headerMatches[].name`,
    `${place}.headerMatches[].value`,
  ];
}

function adminPolicy(): string[] {
  return tieredPolicy((place) => [
    ...["protocol", "port"].map((field) => `${place}.ports[].portNumber.${field}`),
    ...["protocol", "start", "end"].map((field) => `${place}.ports[].portRange.${field}`),
    `${place}.ports[].namedPort`,
  ]);
}

/** @param ports the places of a rule's ports, from the rule's */
function tieredPolicy(ports: (place: string) => string[]): string[] {
  const pods = (place: string) => [
    ...labelSelector(`${place}.namespaces`),
    ...labelSelector(`${place}.pods.namespaceSelector`),
    ...labelSelector(`${place}.pods.podSelector`),
  ];
  return [
    ...pods("spec.subject"),
    ...["spec.ingress[]", "spec.egress[]"].flatMap((rule) => [
      `${rule}.name`,
      `${rule}.action`,
      ...ports(rule),
    ]),
    ...pods("spec.ingress[].from[]"),
    ...pods("spec.egress[].to[]"),
    ...labelSelector("spec.egress[].to[].nodes"),
    "spec.egress[].to[].networks[]",
  ];
}

function authorizationPolicy(): string[] {
  // Nothing validates a JWT, so what asks for one is told apart.
  const sources = Object.keys(sourceFields).filter((field) => field !== "requestPrincipals");
  const both = (place: string, fields: string[]) =>
    fields.flatMap((field) => [`${place}.${field}[]`, `${place}.${negated(field)}[]`]);
  return [
    "spec.selector.matchLabels.*",
    "spec.action",
    ...both("spec.rules[].from[].source", sources),
    ...both("spec.rules[].to[].operation", Object.keys(operationFields)),
    "spec.rules[].when[].key",
    "spec.rules[].when[].values[]",
    "spec.rules[].when[].notValues[]",
  ];
}

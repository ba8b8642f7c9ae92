/** Random policies of Cilium's kinds, with what they refer to, for property tests. */
import fc from "fast-check";
import type { Service } from "../../micromesh/connectivity/model.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import {
  fields,
  labelKey,
  labels,
  labelValue,
  namespaceName,
  portName,
  portNumber,
} from "./random-clusters.ts";

const some = <T>(of: fc.Arbitrary<T>, most = 2) => fc.array(of, { minLength: 1, maxLength: most });

/** A key says where its label is from, or leaves it open. */
const identityKey = fc
  .tuple(fc.constantFrom("", "k8s:", "any:"), labelKey)
  .map(([source, key]) => source + key);
const namespaceKey = "k8s:io.kubernetes.pod.namespace";
const namespaceLabelKey = labelKey.map((key) => `k8s:io.cilium.k8s.namespace.labels.${key}`);
const expression = fc.oneof(
  fc.record({
    key: identityKey,
    operator: fc.constantFrom("In", "NotIn"),
    values: some(labelValue),
  }),
  fc.record({ key: identityKey, operator: fc.constantFrom("Exists", "DoesNotExist") }),
  fc.constant({ key: namespaceKey, operator: "Exists" }),
);
const endpointSelector = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  {
    weight: 5,
    arbitrary: fc.record({ matchLabels: fc.dictionary(identityKey, labelValue, { maxKeys: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ matchExpressions: some(expression, 1) }) },
);
const peerSelector = fc.oneof(
  { weight: 4, arbitrary: endpointSelector },
  {
    weight: 2,
    arbitrary: namespaceName.map((name) => ({ matchLabels: { [namespaceKey]: name } })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(namespaceLabelKey, labelValue)
      .map(([key, value]) => ({ matchLabels: { [key]: value } })),
  },
  { weight: 1, arbitrary: fc.constant({ matchLabels: { "reserved:host": "" } }) },
);
const entity = fc.constantFrom(
  "all",
  "world",
  "world",
  "world-ipv4",
  "world-ipv6",
  "cluster",
  "host",
  "kube-apiserver",
  "none",
);
const cidr = fc.constantFrom(
  "0.0.0.0/0",
  "203.0.113.0/24",
  "203.0.113.1",
  "10.0.0.0/29",
  "::/0",
  "2001:db8::/32",
);
const cidrRule = fc.oneof(
  fc.constantFrom(
    { cidr: "0.0.0.0/0", except: ["203.0.113.128/25"] },
    { cidr: "203.0.113.0/24", except: ["203.0.113.0/26", "203.0.113.192/26"] },
    { cidr: "::/0", except: ["2001:db8::/33"] },
  ),
  fc.constantFrom({ cidrGroupRef: "offices" }, { cidrGroupRef: "unknown" }),
  fc.record({ cidrGroupSelector: fc.record({ matchLabels: labels }) }),
);

const anyProtocol = fc.constantFrom("TCP", "TCP", "UDP", "SCTP", "ANY");
const port = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ port: portNumber.map(String), protocol: anyProtocol }),
  },
  { weight: 2, arbitrary: fc.record({ port: portName, protocol: anyProtocol }) },
  { weight: 1, arbitrary: fc.constant({ port: "0" }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(portNumber, fc.nat(3), anyProtocol)
      .map(([first, more, protocol]) => ({ port: `${first}`, endPort: first + more, protocol })),
  },
);
const httpPort = fc.oneof(
  portNumber.map((port) => ({ port: `${port}`, protocol: "TCP" })),
  portNumber.map((port) => ({ port: `${port}`, endPort: port + 3, protocol: "TCP" })),
  portName.map((port) => ({ port, protocol: "TCP" })),
);
const httpRule = fc.constantFrom<object>({}, { method: "GET" }, { path: "/count/.*" });
const plainPorts = fc.record({ ports: some(port) });
const httpPorts = fc.record({
  ports: some(httpPort),
  rules: fc.record({ http: some(httpRule) }),
});

/** A rule names its peers in one way at most. */
function rule(prefix: "from" | "to", deny: boolean) {
  const peers: fc.Arbitrary<object>[] = [
    fc.constant({}),
    some(peerSelector).map((list) => ({ [`${prefix}Endpoints`]: list })),
    some(peerSelector).map((list) => ({ [`${prefix}Endpoints`]: list })),
    some(entity).map((list) => ({ [`${prefix}Entities`]: list })),
    some(cidr).map((list) => ({ [`${prefix}CIDR`]: list })),
    some(cidrRule).map((list) => ({ [`${prefix}CIDRSet`]: list })),
    fc.constant({ [`${prefix}Endpoints`]: [] }),
    fc.constant({ [`${prefix}Nodes`]: [{}] }),
  ];
  if (prefix === "to" && !deny) {
    peers.push(fc.constant({ toFQDNs: [{ matchPattern: "*" }] }));
    peers.push(
      fc.constant({ toServices: [{ k8sService: { serviceName: "web", namespace: "x" } }] }),
    );
  }
  // HTTP rules are frequent, since they show only where no other rule opens their port.
  const ports = deny ? plainPorts : fc.oneof(plainPorts, httpPorts, httpPorts, httpPorts);
  return fc
    .tuple(fc.oneof(...peers), fc.oneof(fc.constant({}), fc.record({ toPorts: some(ports, 3) })))
    .map(([peer, ports]) => ({ ...peer, ...("toServices" in peer ? {} : ports) }));
}

const rules = (prefix: "from" | "to", deny: boolean) =>
  fc.array(rule(prefix, deny), { minLength: deny ? 0 : 1, maxLength: deny ? 1 : 2 });
/** At ingress or egress, or both, with rules that allow, deny or do either. */
const spec = fc
  .record({
    endpointSelector,
    sections: fields({
      ingress: rules("from", false),
      ingressDeny: rules("from", true),
      egress: rules("to", false),
      egressDeny: rules("to", true),
      enableDefaultDeny: fc.record({ ingress: fc.boolean(), egress: fc.boolean() }),
    }),
  })
  .map(({ endpointSelector, sections }) => ({ endpointSelector, ...sections }));

const policy = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("CiliumNetworkPolicy"),
      namespace: namespaceName,
      body: fc.oneof(
        { weight: 4, arbitrary: fc.record({ spec }) },
        { weight: 1, arbitrary: fc.record({ specs: some(spec) }) },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("CiliumClusterwideNetworkPolicy"),
      namespace: fc.constant(undefined),
      body: fc.record({ spec }),
    }),
  },
);

const group: KubernetesObject = {
  apiVersion: "cilium.io/v2",
  kind: "CiliumCIDRGroup",
  metadata: { name: "offices", labels: { app: "1" } },
  spec: { externalCIDRs: ["203.0.113.0/25", "2001:db8::/64"] },
};

/** Now and then none; every one is valid. The group that some refer to is there. */
export const ciliumPolicies: fc.Arbitrary<KubernetesObject[]> = fc
  .array(policy, { maxLength: 5, size: "max" })
  .map((list) => [
    group,
    ...list.map(({ kind, namespace, body }, i) => ({
      apiVersion: "cilium.io/v2",
      kind,
      metadata: { name: `c${i}`, ...(namespace !== undefined && { namespace }) },
      ...body,
    })),
  ]);

/** The Service that some refer to. */
export const ciliumServices: fc.Arbitrary<Service[]> = fc
  .oneof(labels, fc.constant({ app: "1" }))
  .map((selector) => [{ namespace: "x", name: "web", labels: {}, selector }]);

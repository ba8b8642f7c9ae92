/** NetworkPolicies that are easily misread, for two namespaces with the same three pods each. */
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";

export const namespaces = { x: "micromesh-test-x", y: "micromesh-test-y" };
export const podNames = ["a", "b", "c"] as const;

/** Addresses of the pods by namespace and name: `x/a`. */
export type Addresses = (pod: `${keyof typeof namespaces}/${(typeof podNames)[number]}`) => string;

export interface PolicyCase {
  title: string;
  policies(addresses: Addresses): KubernetesObject[];
}

/** Answers on TCP 80 and 81 and on UDP 80 whatever is sent. */
const SERVER = `
const net = require("node:net");
for (const port of [80, 81]) net.createServer((s) => s.on("error", () => {}).on("data", () => s.end("pong"))).listen(port);
const udp = require("node:dgram").createSocket("udp4");
udp.on("message", (_, from) => udp.send("pong", from.port, from.address)).bind(80);
process.on("SIGTERM", () => process.exit());
`;

/** The same name leads to another port in each pod, and c's ports have none. */
const ports = {
  a: [
    { name: "web", containerPort: 80 },
    { name: "admin", containerPort: 81 },
    { name: "echo", containerPort: 80, protocol: "UDP" },
  ],
  b: [
    { name: "plain", containerPort: 80 },
    { name: "web", containerPort: 81 },
    { name: "echo", containerPort: 80, protocol: "UDP" },
  ],
  c: [{ containerPort: 80 }, { containerPort: 81 }, { containerPort: 80, protocol: "UDP" }],
};
/** c has no tier. */
const labels = {
  a: { pod: "a", tier: "front" },
  b: { pod: "b", tier: "back" },
  c: { pod: "c" },
};

/** The namespaces, labelled `ns`, and their pods. */
export function cluster(image: string): KubernetesObject[] {
  return Object.entries(namespaces).flatMap(([ns, namespace]) => [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { ns, "istio-injection": "disabled" } },
    },
    ...podNames.map((name) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels: labels[name] },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "main",
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["node", "-e", SERVER],
            ports: ports[name],
            readinessProbe: { tcpSocket: { port: 81 }, periodSeconds: 1 },
          },
        ],
      },
    })),
  ]);
}

const everyPod = {};
const pod = (...names: string[]) => ({
  matchExpressions: [{ key: "pod", operator: "In", values: names }],
});
const inNamespace = (ns: string) => ({ matchLabels: { ns } });
const tier = (operator: string, ...values: string[]) => ({
  matchExpressions: [{ key: "tier", operator, ...(values.length > 0 ? { values } : {}) }],
});

/** In namespace x unless it says otherwise. */
function policy(name: string, spec: object, ns: keyof typeof namespaces = "x"): KubernetesObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, namespace: namespaces[ns] },
    spec,
  };
}

const denyIngress = policy("deny-ingress", { podSelector: everyPod, policyTypes: ["Ingress"] });

export const cases: PolicyCase[] = [
  { title: "nothing lets anybody in", policies: () => [denyIngress] },
  {
    title: "an allow-all beside a deny-all",
    policies: () => [
      denyIngress,
      policy("allow-ingress", { podSelector: everyPod, ingress: [{}] }),
    ],
  },
  {
    title: "both selectors in one peer (and) against one in each (or)",
    policies: () => [
      policy("and", {
        podSelector: pod("a"),
        ingress: [{ from: [{ namespaceSelector: inNamespace("y"), podSelector: pod("b") }] }],
      }),
      policy(
        "or",
        {
          podSelector: pod("a"),
          ingress: [{ from: [{ namespaceSelector: inNamespace("x") }, { podSelector: pod("b") }] }],
        },
        "y",
      ),
    ],
  },
  {
    title: "In, NotIn, Exists and DoesNotExist, where a pod lacks the label",
    policies: () => [
      policy("not-in", {
        podSelector: tier("NotIn", "back"),
        ingress: [{ from: [{ podSelector: tier("In", "front", "back") }] }],
      }),
      policy(
        "exists",
        {
          podSelector: tier("Exists"),
          ingress: [
            {
              from: [
                {
                  namespaceSelector: {
                    matchExpressions: [{ key: "ns", operator: "NotIn", values: ["y"] }],
                  },
                  podSelector: tier("DoesNotExist"),
                },
              ],
            },
          ],
        },
        "y",
      ),
    ],
  },
  {
    title: "own namespace, every namespace, and nobody else",
    policies: () => [
      policy("own", { podSelector: pod("a"), ingress: [{ from: [{ podSelector: {} }] }] }),
      policy("every", {
        podSelector: pod("b"),
        ingress: [{ from: [{ namespaceSelector: {} }] }],
      }),
      policy("empty-lists", { podSelector: pod("c"), ingress: [{ from: [], ports: [] }] }),
      policy("no-rules", { podSelector: pod("c"), ingress: [] }, "y"),
    ],
  },
  {
    title: "a block of addresses with exceptions, over pods",
    policies: (address) => [
      policy("block", {
        podSelector: everyPod,
        ingress: [
          {
            from: [
              {
                ipBlock: {
                  cidr: `${address("x/a")}/16`,
                  except: [`${address("y/b")}/32`, `${address("x/c")}/32`],
                },
              },
            ],
          },
        ],
      }),
      policy(
        "excepted-to",
        {
          podSelector: pod("a"),
          policyTypes: ["Egress"],
          egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: [`${address("x/a")}/32`] } }] }],
        },
        "y",
      ),
    ],
  },
  {
    title: "ranges of ports, and a protocol without a port",
    policies: () => [
      policy("range", {
        podSelector: pod("a", "b"),
        ingress: [{ ports: [{ port: 81, endPort: 90 }] }],
      }),
      policy("udp", { podSelector: pod("a"), ingress: [{ ports: [{ protocol: "UDP" }] }] }, "y"),
      policy("tcp", { podSelector: pod("b"), ingress: [{ ports: [{ protocol: "TCP" }] }] }, "y"),
    ],
  },
  {
    title: "a named port that is another one in each pod, or in none",
    policies: () => [
      policy("web", { podSelector: everyPod, ingress: [{ ports: [{ port: "web" }] }] }),
      policy(
        "echo-is-udp",
        { podSelector: everyPod, ingress: [{ ports: [{ port: "echo" }] }] },
        "y",
      ),
    ],
  },
  {
    title: "a named port in egress is the destination's",
    policies: () => [
      policy("to-web", {
        podSelector: everyPod,
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: "web" }] }],
      }),
    ],
  },
  {
    title: "egress alone, with DNS left out",
    policies: () => [
      policy("no-dns", {
        podSelector: pod("a"),
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: inNamespace("y") }], ports: [{ port: 80 }] }],
      }),
    ],
  },
  {
    title: "egress rules without policyTypes isolate for ingress too",
    policies: () => [
      policy("both", {
        podSelector: pod("b", "c"),
        egress: [
          {
            to: [
              { namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } },
            ],
            ports: [{ port: 53, protocol: "UDP" }],
          },
          { to: [{ podSelector: pod("a") }] },
        ],
      }),
    ],
  },
  {
    title: "who may go there and who may come in must meet",
    policies: () => [
      policy("to-y", {
        podSelector: everyPod,
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: inNamespace("y") }] }],
      }),
      policy(
        "from-a",
        {
          podSelector: everyPod,
          ingress: [{ from: [{ namespaceSelector: {}, podSelector: pod("a") }] }],
        },
        "y",
      ),
    ],
  },
  {
    title: "rules and policies add up, but a rule's peers and ports stay together",
    policies: () => [
      policy("two-rules", {
        podSelector: pod("a"),
        ingress: [
          { from: [{ podSelector: pod("b") }], ports: [{ port: 80 }] },
          { from: [{ podSelector: pod("c") }], ports: [{ port: 81 }] },
        ],
      }),
      policy("one-more", {
        podSelector: tier("In", "front"),
        ingress: [
          {
            from: [{ namespaceSelector: inNamespace("y") }],
            ports: [{ port: 80, protocol: "UDP" }],
          },
        ],
      }),
    ],
  },
];

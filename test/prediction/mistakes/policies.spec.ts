import assert from "node:assert/strict";
import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../../micromesh/resources/platform.ts";
import {
  authorizationPolicy,
  ciliumPolicy,
  deployment,
  mistakes,
  namespace,
  networkPolicy,
  object,
  peerAuthentication,
  platform,
  predicted,
  toDns,
  verdicts,
  withCilium,
  withIstio,
} from "../objects.ts";

const two = [
  deployment("x/a", { ports: [{ name: "web", containerPort: 80 }] }),
  deployment("y/b", { labels: { app: "b" } }),
];

function found(policy: KubernetesObject, on?: DeclaredPlatform): string[] {
  return mistakes(predicted([...two, policy], on));
}

/** What's wrong with a NetworkPolicy `x/p`, without its name. */
function of(spec: object): string[] {
  return found(networkPolicy("x/p", spec)).map((line) => line.replace("NetworkPolicy x/p ", ""));
}

const ingress = (rule: object) => ({ podSelector: {}, ingress: [rule] });

describe("a policy that nothing enforces", () => {
  const group = "policy.networking.k8s.io";
  const subject = { namespaces: {} };
  const cases: [policy: KubernetesObject, what: string, mend: string][] = [
    [
      networkPolicy("x/p", { podSelector: {} }),
      "NetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [
      ciliumPolicy("x/p", { endpointSelector: {}, ingress: [{}] }),
      "CiliumNetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [
      object("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "p", {
        spec: { endpointSelector: {}, ingress: [{}] },
      }),
      "CiliumClusterwideNetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [
      object(`${group}/v1alpha2`, "ClusterNetworkPolicy", "p", {
        spec: {
          tier: "Admin",
          priority: 1,
          subject,
          ingress: [{ action: "Deny", from: [subject] }],
        },
      }),
      "ClusterNetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [
      object(`${group}/v1alpha1`, "AdminNetworkPolicy", "p", {
        spec: { priority: 1, subject, ingress: [{ action: "Deny", from: [subject] }] },
      }),
      "AdminNetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [
      object(`${group}/v1alpha1`, "BaselineAdminNetworkPolicy", "default", {
        spec: { subject, ingress: [{ action: "Deny", from: [subject] }] },
      }),
      "BaselineAdminNetworkPolicies",
      "declare a CNI that does (cni.kind)",
    ],
    [authorizationPolicy("x/p", {}), "AuthorizationPolicies", "declare a mesh (mesh.kind)"],
    [
      peerAuthentication("x/p", { mtls: { mode: "STRICT" } }),
      "PeerAuthentications",
      "declare a mesh (mesh.kind)",
    ],
  ];
  for (const [policy, what, mend] of cases) {
    it(`is a mistake: ${policy.kind}`, () => {
      const none = platform({ networkPolicy: false });
      const prediction = predicted([...two, policy], none);
      const part = mend.includes("mesh") ? "mesh: none" : "cni: existing";
      const [text = ""] = mistakes(prediction);
      assert.ok(
        text.endsWith(
          `: has no effect: nothing in this cluster enforces ${what} (${part}); ${mend}`,
        ),
        text,
      );
      assert.equal(mistakes(prediction).length, 1);
      assert.deepEqual(verdicts(prediction, "y/b", "x/a"), ["allow All Connections"]);
    });
  }

  it("is said to be so where somebody asks why its pods are open", () => {
    const none = platform({ networkPolicy: false });
    const policy = networkPolicy("x/p", { podSelector: {} });
    const [flow] = predicted([...two, policy], none).flows.filter(
      ({ from, to }) => from.startsWith("y") && to.startsWith("x"),
    );
    assert.ok(
      flow?.because.includes(
        "NetworkPolicy x/p: selects x/a for ingress, yet nothing in this cluster enforces NetworkPolicies",
      ),
    );
  });
});

describe("a policy that the API server rejects", () => {
  it("is a mistake, and has no effect", () => {
    const policy = networkPolicy("x/p", { podSelector: {}, ingress: [{ from: [{}] }] });
    const prediction = predicted([...two, policy]);
    assert.deepEqual(verdicts(prediction, "y/b", "x/a"), ["allow All Connections"]);
    assert.match(
      mistakes(prediction).join(),
      /^NetworkPolicy x\/p spec\.ingress\[0\]\.from\[0\]: .*\(the API server rejects the policy, so it has no effect\)$/,
    );
  });
});

describe("a NetworkPolicy that is enforced", () => {
  it("may have nothing wrong with it", () => {
    assert.deepEqual(of({ podSelector: {} }), []);
    const from = [
      { podSelector: {} },
      { namespaceSelector: {} },
      { namespaceSelector: {}, podSelector: { matchLabels: { app: "b" } } },
      { ipBlock: { cidr: "10.0.0.0/8" } },
    ];
    assert.deepEqual(of(ingress({ from, ports: [{ port: "web" }, { port: 80 }] })), []);
    const egress = { podSelector: {}, policyTypes: ["Egress"], egress: [toDns] };
    assert.deepEqual(of(egress), []);
  });

  it("may select nobody", () => {
    assert.deepEqual(of({ podSelector: { matchLabels: { app: "b" } } }), [
      "spec.podSelector: selects no pod: no workload of x has the labels app=b",
    ]);
    const matchExpressions = [
      { key: "app", operator: "In", values: ["b", "c"] },
      { key: "tier", operator: "Exists" },
    ];
    assert.deepEqual(of({ podSelector: { matchExpressions } }), [
      "spec.podSelector: selects no pod: no workload of x has the labels app In b,c, tier Exists",
    ]);
    assert.deepEqual(found(networkPolicy("z/p", { podSelector: {} })), [
      "NetworkPolicy z/p spec.podSelector: selects no pod: no workload stands in namespace z",
    ]);
  });

  it("may name a peer that nobody is", () => {
    const b = { podSelector: { matchLabels: { app: "b" } } };
    assert.deepEqual(of(ingress({ from: [{ podSelector: {} }, b] })), [
      "spec.ingress[0].from[1]: matches no pod: none there has the labels app=b; y/b[Deployment] has them, but without a namespaceSelector only pods in x are meant",
    ]);
    const inZ = { namespaceSelector: { matchLabels: { team: "z" } } };
    const egress = { podSelector: {}, policyTypes: ["Egress"], egress: [toDns, { to: [inZ] }] };
    assert.deepEqual(of(egress), [
      "spec.egress[1].to[0]: matches no namespace: none that is declared has the labels team=z",
    ]);
    const cInY = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "y" } },
      podSelector: { matchLabels: { app: "c" } },
    };
    assert.deepEqual(of(ingress({ from: [cInY] })), [
      "spec.ingress[0].from[0]: matches no pod: none there has the labels app=c",
    ]);
  });

  it("may name a port that no container has", () => {
    const [text, ...rest] = of(ingress({ ports: [{ port: "web" }, { port: "http" }] }));
    assert.equal(
      text,
      "spec.ingress[0].ports[1].port: is http, a name that no container of x/a[Deployment] gives to a port, so it opens nothing",
    );
    assert.deepEqual(rest, []);
  });

  it("isn't blamed for peers that another's manifests declare: those of the cluster's own", () => {
    const kubeSystem = { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } };
    const from = [
      { namespaceSelector: kubeSystem, podSelector: { matchLabels: { app: "metrics" } } },
    ];
    assert.deepEqual(of(ingress({ from })), []);
  });

  it("leaves pods without DNS, unless they may talk to nobody anyway", () => {
    const egress = (...rules: object[]) => ({
      podSelector: {},
      policyTypes: ["Egress"],
      egress: rules,
    });
    assert.deepEqual(of(egress()), []);
    assert.deepEqual(of(egress({ to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] })), [
      "spec.egress: leaves x/a[Deployment] without DNS, so no name can be looked up; allow UDP and TCP 53 to k8s-app=kube-dns in kube-system",
    ]);
    assert.deepEqual(of(egress({ to: [{ namespaceSelector: {} }] })), []);
  });
});

it("a mistake names a few workloads, and how many more it's about", () => {
  const egress = [{ to: [{ podSelector: {} }] }];
  const policy = networkPolicy("z/p", { podSelector: {}, policyTypes: ["Egress"], egress });
  const text = (count: number) => {
    const many = Array.from({ length: count }, (_, i) => deployment(`z/w${i}`));
    return mistakes(predicted([...many, policy])).join();
  };
  assert.match(
    text(4),
    /leaves z\/w0\[Deployment\], z\/w1\[Deployment\], z\/w2\[Deployment\], z\/w3\[Deployment\] without/,
  );
  assert.match(text(9), /z\/w1\[Deployment\], z\/w2\[Deployment\] and 6 more without DNS/);
});

describe("the cluster's DNS", () => {
  it("may be closed to pods that no policy of their own restricts", () => {
    assert.deepEqual(found(networkPolicy("kube-system/closed", { podSelector: {} })), [
      "NetworkPolicy kube-system/closed spec.ingress: leaves x/a[Deployment], y/b[Deployment] without DNS, so no name can be looked up; allow UDP and TCP 53 from every namespace to k8s-app=kube-dns",
    ]);
    const open = { podSelector: {}, ingress: [{ ports: [{ protocol: "UDP", port: 53 }] }] };
    assert.deepEqual(found(networkPolicy("kube-system/open", open)), []);
  });

  it("may refuse names by rules that somebody wrote for a reason", () => {
    const toDnsProxy = {
      toEndpoints: [{ matchLabels: { "k8s:io.kubernetes.pod.namespace": "kube-system" } }],
      toPorts: [
        {
          ports: [{ port: "53", protocol: "ANY" }],
          rules: { dns: [{ matchName: "api.example.com" }] },
        },
      ],
    };
    const policy = ciliumPolicy("x/p", {
      endpointSelector: {},
      egress: [toDnsProxy, { toEntities: ["world"] }],
    });
    assert.deepEqual(found(policy, withCilium), []);
  });
});

describe("an Istio policy that is enforced", () => {
  const meshed = [namespace("x", { "istio-injection": "enabled" }), ...two];
  const of = (policy: KubernetesObject) => mistakes(predicted([...meshed, policy], withIstio));

  it("may have nothing wrong with it", () => {
    assert.deepEqual(of(authorizationPolicy("x/p", { rules: [{}] })), []);
    assert.deepEqual(of(authorizationPolicy("istio-system/p", { rules: [{}] })), [], "of the mesh");
    assert.deepEqual(of(peerAuthentication("x/p", { mtls: { mode: "STRICT" } })), []);
  });

  it("may select nobody, or nobody with a sidecar", () => {
    const selector = { matchLabels: { app: "b" } };
    assert.deepEqual(of(authorizationPolicy("x/p", { selector })), [
      "AuthorizationPolicy x/p spec.selector: selects no pod: no workload of x has the labels app=b",
    ]);
    assert.deepEqual(of(peerAuthentication("y/p", { mtls: { mode: "STRICT" } })), [
      "PeerAuthentication y/p: has no effect: y/b[Deployment] has no sidecar that could enforce it",
    ]);
  });
});

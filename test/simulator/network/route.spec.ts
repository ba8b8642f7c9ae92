import assert from "node:assert/strict";
import { compile } from "../../../micromesh/connectivity/index.ts";
import type { Peer } from "../../../micromesh/connectivity/model.ts";
import { enter, inCidr, route } from "../../../micromesh/simulator/network/route.ts";
import { type View, type ViewService, worldOf } from "../../../micromesh/simulator/network/view.ts";
import { pod, service, view } from "./world.ts";

const client = pod("client", "10.244.0.10");
const servers = ["10.244.0.11", "10.244.0.12", "10.244.0.13"].map((ip, i) => pod(`web-${i}`, ip));
const port = (endpoints: { ip: string; port: number }[]): ViewService["ports"][number] => ({
  port: 80,
  protocol: "TCP",
  appProtocol: "http",
  endpoints,
});
const all = servers.map(({ ips: [ip] }) => ({ ip: ip as string, port: 8080 }));
const web = (endpoints = all) =>
  service("web", { clusterIp: "10.96.1.1", ports: [port(endpoints)] });
const from: Peer = { kind: "pod", pod: client };
const go = (world: View, ip: string, at: number) =>
  route(world, compile(worldOf(world)), from, { ip, port: at });
/** The decision about each of the endpoints, by pod. */
const decisions = (world: View, ip: string, at: number) => {
  const result = go(world, ip, at);
  assert.ok(result.kind === "pods");
  const connectivity = compile(worldOf(world));
  return new Map(result.targets.map((t) => [t.pod.name, enter(connectivity, from, t)]));
};
const policy = (spec: object) => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "isolate", namespace: "lab" },
  spec,
});

const egress = (...rules: object[]) => ({
  apiVersion: "cilium.io/v2",
  kind: "CiliumNetworkPolicy",
  metadata: { name: "out", namespace: "lab" },
  spec: { endpointSelector: {}, egress: rules },
});

describe("route", () => {
  const pods = [client, ...servers];
  const world = view({ pods, services: [web()] });

  describe("to a Service", () => {
    it("goes to the pod's own port of any endpoint", () => {
      const result = go(world, "10.96.1.1", 80);
      assert.ok(result.kind === "pods");
      assert.deepEqual(
        result.targets.map(({ id, pod, port, byService }) => [id, pod.name, port, byService]),
        servers.map(({ name, ips: [ip] }) => [`${ip}:8080`, name, 8080, true]),
      );
      assert.equal(result.protocol, "http");
    });

    it("leaves out endpoints of pods that are gone", () => {
      const result = go(
        view({ pods: [client, ...servers.slice(1)], services: [web()] }),
        "10.96.1.1",
        80,
      );
      assert.ok(result.kind === "pods");
      assert.deepEqual(
        result.targets.map(({ pod }) => pod.name),
        ["web-1", "web-2"],
      );
    });

    it("is refused where no endpoint is ready", () => {
      const result = go(view({ pods, services: [web([])] }), "10.96.1.1", 80);
      assert.ok(result.kind === "refused");
      assert.equal(result.service?.name, "web");
      assert.equal(result.because[0]?.text, "Service lab/web has no ready endpoint");
    });

    it("is dropped at a port that the Service doesn't have", () => {
      const result = go(world, "10.96.1.1", 81);
      assert.ok(result.kind === "dropped");
      assert.match(result.because[0]?.text ?? "", /^Service lab\/web has no port 81; /);
    });

    it("is dropped at a port that the Service has for UDP only", () => {
      const udp = service("dns", {
        clusterIp: "10.96.0.10",
        ports: [{ ...port(all), port: 53, protocol: "UDP" }],
      });
      assert.equal(go(view({ pods, services: [udp] }), "10.96.0.10", 53).kind, "dropped");
    });

    it("is judged by the policies of the chosen pod, at its own port", () => {
      const policies = [
        policy({
          podSelector: {},
          policyTypes: ["Ingress"],
          ingress: [{ ports: [{ port: 8080 }] }],
        }),
      ];
      const allowed = decisions({ ...world, policies }, "10.96.1.1", 80).values();
      assert.deepEqual(
        [...allowed].map((d) => d.allowed),
        [true, true, true],
      );
    });

    it("is judged by rules that name the Service", () => {
      const selecting = { ...web(), selector: { app: "web-0" } };
      const only = [{ ip: "10.244.0.11", port: 8080 }];
      const allowed = (serviceName: string) => {
        const services = [{ ...selecting, ports: [port(only)] }];
        const policies = [egress({ toServices: [{ k8sService: { serviceName } }] })];
        return decisions(view({ pods, services, policies }), "10.96.1.1", 80).get("web-0")?.allowed;
      };
      assert.deepEqual([allowed("web"), allowed("other")], [true, false]);
    });

    it("is dropped with a reason at the pod that a policy isolates, and only there", () => {
      const policies = [
        policy({ podSelector: { matchLabels: { app: "web-2" } }, policyTypes: ["Ingress"] }),
      ];
      const found = decisions({ ...world, policies }, "10.96.1.1", 80);
      assert.deepEqual(
        [...found].map(([name, { allowed }]) => [name, allowed]),
        [
          ["web-0", true],
          ["web-1", true],
          ["web-2", false],
        ],
      );
      assert.equal(found.get("web-2")?.because[0]?.name, "isolate");
    });
  });

  describe("to an address", () => {
    it("of a pod goes to that pod and port, with the protocol of its Services", () => {
      const server = pod("web-9", "10.244.0.20", { protocols: { 8080: "http" } });
      const result = go(view({ pods: [client, server] }), "10.244.0.20", 8080);
      assert.ok(result.kind === "pods");
      const [target, ...others] = result.targets;
      assert.deepEqual(
        [target.pod.name, target.port, result.protocol, others],
        ["web-9", 8080, "http", []],
      );
    });

    it("of a pod is known to sidecars where a headless Service leads there alone", () => {
      const headless = service("web", { ports: [port(all)] });
      const known = (services: ViewService[], ip: string, at: number) => {
        const result = go(view({ pods, services }), ip, at);
        return result.kind === "pods" && result.targets[0].byService;
      };
      assert.equal(known([web()], "10.96.1.1", 80), true);
      assert.equal(known([web()], "10.244.0.11", 8080), false);
      assert.equal(known([headless], "10.244.0.11", 8080), true);
      assert.equal(known([headless], "10.244.0.11", 9090), false);
    });

    it("of a pod has an undeclared protocol where no Service tells it", () => {
      const result = go(world, "10.244.0.11", 9999);
      assert.equal(result.kind === "pods" && result.protocol, "auto");
    });

    it("of no pod or Service of the cluster is dropped", () => {
      for (const ip of ["10.244.3.3", "10.96.7.7"]) {
        const result = go(world, ip, 80);
        assert.ok(result.kind === "dropped");
        assert.equal(result.because[0]?.text, `no pod or Service has the address ${ip}`);
      }
    });

    it("of the node is refused", () => {
      assert.equal(go(world, "192.168.49.2", 22).kind, "refused");
    });

    it("of the world leaves the cluster", () => {
      assert.deepEqual(go(world, "93.184.216.34", 443), { kind: "external", ip: "93.184.216.34" });
    });

    it("of the world is judged by the names that the pod looked up for it", () => {
      const dns = { ports: [{ port: "53" }], rules: { dns: [{ matchPattern: "*" }] } };
      const own = { matchLabels: { "k8s:io.kubernetes.pod.namespace": "other" } };
      const policies = [
        egress({ toEndpoints: [own], toPorts: [dns] }, { toFQDNs: [{ matchName: "example.com" }] }),
      ];
      const labels = { "k8s-app": "kube-dns" };
      const coreDns = pod("coredns", "10.244.0.2", { namespace: "other", labels });
      const open = view({ policies, pods: [client, coreDns] });
      const kind = (names?: string[]) => {
        const to = { ip: "93.184.216.34", port: 443, names };
        return route(open, compile(worldOf(open)), from, to).kind;
      };
      assert.deepEqual(
        [kind(["example.com"]), kind(["example.org"]), kind([]), kind()],
        ["external", "dropped", "dropped", "dropped"],
      );
    });

    it("of the world is dropped where a policy forbids egress", () => {
      const policies = [policy({ podSelector: {}, policyTypes: ["Egress"] })];
      assert.equal(go({ ...world, policies }, "93.184.216.34", 443).kind, "dropped");
    });
  });
});

describe("inCidr", () => {
  it("tells addresses inside from those outside", () => {
    assert.equal(inCidr("10.111.255.255", "10.96.0.0/12"), true);
    assert.equal(inCidr("10.112.0.0", "10.96.0.0/12"), false);
  });

  it("finds no IPv6 address in an IPv4 range, nor the reverse", () => {
    assert.equal(inCidr("::1", "0.0.0.0/0"), false);
    assert.equal(inCidr("10.0.0.1", "::/0"), false);
  });
});

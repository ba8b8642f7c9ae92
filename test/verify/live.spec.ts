import assert from "node:assert/strict";
import { liveTransport } from "../../micromesh/verify/live/transport.ts";
import { runProbes } from "../../micromesh/verify/runner.ts";
import type { Origin, Transport } from "../../micromesh/verify/transport.ts";
import type { Request } from "../../stacks/outputs.ts";
import { Fixture } from "./live-fixture.ts";
import { labOf, probeOf } from "./samples.ts";

const kubeconfigFile = process.env.MICROMESH_TEST_KUBECONFIG;
const timeoutMs = 2000;

describe("probes of a real cluster (MICROMESH_TEST_KUBECONFIG)", function () {
  this.timeout(120_000);
  let fixture: Fixture;
  let transport: Transport;

  before(async function () {
    if (!kubeconfigFile) this.skip();
    fixture = new Fixture(kubeconfigFile);
    const { kubeconfig, namespace } = fixture;
    const via = (service: string, port: number) =>
      ({ via: "service", namespace, service, port }) as const;
    transport = liveTransport({
      kubeconfig,
      probeImage: "docker.io/library/node:20",
      endpoints: {
        "server.lan": via("server", 80),
        "reset.lan": via("server", 8081),
        "closed.lan": via("server", 8082),
        "silent.lan": via("server", 8083),
        "pong.lan": via("server", 8084),
        "refused.lan": via("server", 8085),
        "nobody.lan": via("nobody", 80),
        "noport.lan": via("server", 9999),
        "noservice.lan": via("missing", 80),
        "walled.lan": via("walled", 80),
      },
    });
    await fixture.up();
  });

  after(async () => {
    await transport?.close();
    await fixture?.down();
  });

  const http = (host: string, port = 80): Request => ({
    kind: "http",
    url: `http://${host}:${port}/x?y=1`,
    method: "GET",
    headers: {},
  });
  const tcp = (host: string, port: number): Request => ({
    kind: "tcp",
    host,
    port,
    send: "PING\r\n",
    reads: "+PONG",
  });
  const see = async (from: Origin, request: Request) => {
    const { ms, headers, ...seen } = await transport.observe(from, request, timeoutMs);
    return seen;
  };

  // From a pod that has Node, and from one that hasn't: the same must be seen.
  for (const workload of ["client", "plain"])
    describe(`from ${workload}`, () => {
      const from = () => ({ namespace: fixture.namespace, workload });
      const table: [string, Request, object][] = [
        ["an answer", http("server"), { status: 200, body: "GET server/x?y=1" }],
        ["a TCP answer", tcp("server", 8084), { body: "+PONG\r\n" }],
        ["a reset", http("server", 8081), { failure: "reset" }],
        ["a TCP reset", tcp("server", 8081), { failure: "reset" }],
        ["a close", http("server", 8082), { failure: "closed" }],
        ["a TCP close", tcp("server", 8082), { failure: "closed" }],
        ["silence", http("server", 8083), { failure: "timeout" }],
        ["what a NetworkPolicy drops", http("walled"), { failure: "timeout" }],
        ["a Service without endpoints", http("nobody"), { failure: "refused" }],
        ["a port without a listener", tcp("server", 8085), { failure: "refused" }],
        ["a name that isn't", http("missing"), { failure: "no-such-name" }],
        ["a look-up that fails", { kind: "dns", name: "missing" }, { failure: "no-such-name" }],
      ];
      for (const [what, request, expected] of table)
        it(`sees ${what}`, async () => {
          const request80 = request.kind === "http" ? portless(request) : request;
          assert.deepEqual(await see(from(), request80), expected);
        });

      it("looks a Service up", async () => {
        const { addresses } = await see(from(), { kind: "dns", name: "server" });
        const { spec } = await fixture.core.readNamespacedService({
          namespace: fixture.namespace,
          name: "server",
        });
        assert.deepEqual(addresses, [spec?.clusterIP]);
      });
    });

  describe("from outside, through the Kubernetes API", () => {
    const table: [string, Request, object][] = [
      [
        "an answer by a named port",
        http("server.lan"),
        { status: 200, body: "GET server.lan/x?y=1" },
      ],
      ["a TCP answer", tcp("pong.lan", 8084), { body: "+PONG\r\n" }],
      ["a close", http("closed.lan"), { failure: "closed" }],
      ["silence", http("silent.lan"), { failure: "timeout" }],
      ["a port without a listener", http("refused.lan"), { failure: "refused" }],
      ["past a NetworkPolicy", http("walled.lan"), { status: 200, body: "GET walled.lan/x?y=1" }],
    ];
    for (const [what, request, expected] of table)
      it(`sees ${what}`, async () => {
        const request80 = request.kind === "http" ? portless(request) : request;
        assert.deepEqual(await see("outside", request80), expected);
      });

    const errors: [string, RegExp][] = [
      ["nobody.lan", /no ready pod is behind Service vt-\w+\/nobody: see/],
      ["noport.lan", /has no port 9999, it has 80, 8081/],
      ["noservice.lan", /can't read Service vt-\w+\/missing: the cluster answers 404/],
      [
        "nowhere.lan",
        /there's no way in to nowhere\.lan: the stack's `endpoints` have closed\.lan/,
      ],
    ];
    for (const [host, expected] of errors)
      it(`is an error for ${host}`, async () => {
        await assert.rejects(see("outside", http(host)), expected);
      });
  });

  describe("the cluster afterwards", () => {
    it("adds one container to the pod without Node, and none to the other", async () => {
      const [plain, client] = [await fixture.pod("plain"), await fixture.pod("client")];
      assert.deepEqual(
        plain.spec?.ephemeralContainers?.map(({ name, securityContext }) => [
          name,
          securityContext?.runAsUser,
        ]),
        [["micromesh-probe", 65534]],
      );
      assert.equal(client.spec?.ephemeralContainers, undefined);
    });
  });

  it("is an error when there's no such workload", async () => {
    const { namespace } = fixture;
    await assert.rejects(
      see({ namespace, workload: "missing" }, http("server")),
      /vt-\w+\/missing has no pod: is the lab deployed on this cluster, with the label/,
    );
  });

  it("is an error when the probe's image can't be had, and the next image is tried anew", async () => {
    await fixture.addPod("bare", "busybox:1.36", ["sh", "-c", "trap exit TERM; sleep 3600 & wait"]);
    const from = { namespace: fixture.namespace, workload: "bare" };
    const with_ = (probeImage: string) =>
      liveTransport({ kubeconfig: fixture.kubeconfig, endpoints: {}, probeImage });
    await assert.rejects(
      with_("registry.invalid/node:0").observe(from, http("server"), timeoutMs),
      /can't start in vt-\w+\/bare \(\w+.*make the image registry\.invalid\/node:0 available/s,
    );
    const seen = await with_("docker.io/library/node:20").observe(from, http("server"), timeoutMs);
    assert.equal(seen.status, 200);
  });

  it("runs a lab's probes", async () => {
    const from = { namespace: fixture.namespace, workload: "client" };
    const lab = labOf(
      probeOf({ name: "a", from, request: http("server"), expect: { status: 200 } }),
      probeOf({
        name: "b",
        from,
        request: http("walled"),
        expect: { failure: "timeout" },
        timeoutSeconds: 1,
      }),
      probeOf({ name: "c", request: http("server.lan"), expect: { status: 500 } }),
    );
    const results = await runProbes({ lab }, transport);
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ["pass", "pass", "fail"],
    );
  });
});

/** Tests write the port of plain HTTP; what's sent is the URL without it. */
function portless(request: Extract<Request, { kind: "http" }>): Request {
  return { ...request, url: request.url.replace(":80/", "/") };
}

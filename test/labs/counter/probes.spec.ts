import assert from "node:assert/strict";
import { probesOf } from "../../../labs/counter/probes.ts";
import { scenarioNames } from "../../../labs/counter/scenarios.ts";
import { probe } from "../../../stacks/outputs.ts";

const controller = { namespace: "a-ingress-traefik", workload: "traefik" };

const expectations = (scenario: (typeof scenarioNames)[number]) =>
  Object.fromEntries(probesOf(scenario, controller).map(({ name, expect }) => [name, expect]));

describe("the counter lab's probes", () => {
  for (const scenario of scenarioNames) {
    it(`of ${scenario} are a valid lab, and each has a name of its own`, () => {
      const probes = probesOf(scenario, controller);
      assert.equal(probes.map((one) => probe.parse(one)).length, 14);
      assert.equal(new Set(probes.map(({ name }) => name)).size, probes.length);
    });

    it(`of ${scenario} ask the same questions in the same order`, () => {
      const questions = (name: typeof scenario) =>
        probesOf(name, controller).map(({ name, from, request }) => ({ name, from, request }));
      assert.deepEqual(questions(scenario), questions("open"));
    });
  }

  it("set the time before they read it", () => {
    const urls = probesOf("open").map(({ request }) =>
      request.kind === "http" ? request.url : "",
    );
    const at = (path: string) => urls.indexOf(`http://pippo.lan${path}`);
    assert.ok(at("/count/set") >= 0);
    assert.ok(at("/count/set") < at("/count/get"));
    assert.ok(at("/count/get") < at("/redis/GET/time"));
  });

  it("ask the ingress controller only where there's one", () => {
    const from = (probes: ReturnType<typeof probesOf>) =>
      probes.filter(({ from }) => from !== "outside" && from.workload === "traefik").length;
    assert.equal(from(probesOf("open", controller)), 1);
    assert.equal(probesOf("open").length, 13);
    assert.ok(probesOf("open").every(({ from }) => from === "outside" || from.workload !== ""));
  });

  /** What a scenario answers otherwise than `open`. */
  const differences = (scenario: (typeof scenarioNames)[number]) => {
    const open = expectations("open");
    return Object.fromEntries(
      Object.entries(expectations(scenario)).filter(([name, expect]) => expect !== open[name]),
    );
  };

  const dropped = {
    "case 2: the time from Redis without the app": {
      status: 503,
      contains: "Service Unavailable",
    },
    "Apache's pod talks to Redis": { failure: "timeout" },
    "Apache's pod talks to the HTTP front": { failure: "timeout" },
    "the ingress controller talks to Redis": { failure: "timeout" },
  };

  it("fail by silence where a policy of the network isolates Redis", () => {
    assert.deepEqual(differences("isolated"), dropped);
    assert.deepEqual(differences("isolated-cilium"), dropped);
  });

  it("fail by an answer where the mesh does", () => {
    assert.deepEqual(differences("isolated-mesh"), {
      "case 2: the time from Redis without the app": {
        status: 403,
        contains: "RBAC: access denied",
      },
      "Apache's pod talks to Redis": { failure: "closed" },
      "Apache's pod talks to the HTTP front": { status: 403, contains: "RBAC: access denied" },
      "the ingress controller talks to Redis": { failure: "reset" },
      "a Service that selects no pod takes no connection": {
        status: 503,
        contains: "no healthy upstream",
      },
    });
  });
});

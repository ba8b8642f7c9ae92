import assert from "node:assert/strict";
import { routerConfig } from "../../../apps/router/router/config.ts";
import { defaultRouting } from "../../../apps/router/routing.ts";
import { routerSettings } from "../../../apps/router/settings.ts";

const problem = (settings: object): string => {
  const read = routerSettings.safeParse(settings);
  const issue = read.success ? undefined : read.error.issues[0];
  return issue ? `${issue.path.join(".")}: ${issue.message}` : "none";
};

describe("the router's settings", () => {
  it("have defaults for everything", () => {
    const { routing, ...rest } = routerSettings.parse({});
    assert.deepEqual(routing, routerConfig.parse(defaultRouting));
    assert.deepEqual(rest, {
      environment: "dev",
      namespace: "mesh-dev",
      host: "mesh.local",
      replicas: { router: 1, a: 2, b: 2, c: 2 },
      variables: {},
      version: "v1",
      resources: { cpu: "20m", memory: "64Mi", cpu_limit: "500m", memory_limit: "256Mi" },
      behaviour: {},
      tracing: { sample_percent: 100 },
    });
  });

  it("name the namespace after the environment, unless they name it", () => {
    assert.equal(routerSettings.parse({ environment: "prod" }).namespace, "mesh-prod");
    const named = { environment: "prod", namespace: "team-a" };
    assert.equal(routerSettings.parse(named).namespace, "team-a");
  });

  it("lead to A by /nginx, to B by /flask, and to each by its name", () => {
    const { routes } = routerSettings.parse({}).routing;
    assert.deepEqual(
      routes.map(({ path, to, shares }) => [path, to ?? shares]),
      [
        ["/nginx", "a"],
        ["/flask", "b"],
        ["/a", "a"],
        ["/b", "b"],
        ["/c", "c"],
        ["/any", { a: 50, b: 30, c: 20 }],
      ],
    );
  });

  const wrong: [object, string][] = [
    [{ replicas: { router: 0 } }, "replicas.router: it must be a number of pods, 1 to 20"],
    [{ replicas: { d: 1 } }, "replicas: it must be an object"],
    [{ host: "mesh" }, "host: it must be a host name in small letters, such as mesh.local"],
    [
      { environment: "Prod" },
      "environment: it must be a Kubernetes name: small letters, digits and -, at most 63",
    ],
    [
      { image_version: "latest" },
      "image_version: it must be a tag of the image `node` with its version, such as 22.21.1-alpine3.22",
    ],
    [
      { variables: { PORT: "80" } },
      "variables.PORT: its name must be that of a variable which the program has no other use for",
    ],
    [{ resources: { memory: "64M" } }, "resources.memory: it must be a quantity such as 64Mi"],
    [{ resources: { cpu: "0" } }, "resources.cpu: it must be a quantity such as 250m"],
    [
      { behaviour: { a: { fail_percent: 101 } } },
      "behaviour.a.fail_percent: it must be a number from 0 to 100",
    ],
    [{ tracing: { endpoint: "collector" } }, "tracing.endpoint: it must be an http or https URL"],
    [
      { routing: { services: {}, routes: [{ path: "/x", to: "x" }] } },
      "routing.routes.0.to: it must be one of the services: none",
    ],
    [{ other: 1 }, ': Unrecognized key: "other"'],
  ];
  for (const [settings, message] of wrong) {
    it(`refuse ${JSON.stringify(settings)}`, () => assert.equal(problem(settings), message));
  }
});

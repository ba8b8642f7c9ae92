import assert from "node:assert/strict";
import { overview } from "../../micromesh/cli/overview.ts";
import type { Running } from "../../micromesh/cli/running.ts";

/** A simulator of which only what the overview asks is there. */
function running(endpoints: object, probes: object[] = []): Running {
  const balancer = { namespace: "items", service: "api", port: 8090, host: "127.0.0.1" };
  return {
    controlPort: 8081,
    simulator: {
      declaredOutputs: { labs: { items: { probes } }, endpoints },
      declaredLabs: {
        items: {
          title: "Items",
          scenario: "open",
          scenarios: [{ name: "open", title: "Open", teaches: "All of it." }],
        },
      },
      declaredPlatform: { parts: { cni: "none" } },
      findings: [],
      gatewayPort: 8080,
      loadBalancers: [{ ...balancer, localPort: 41234, ready: true }],
      declares: () => true,
      cluster: { declaredObjects: [] },
    },
  } as unknown as Running;
}

describe("the overview", () => {
  const endpoint = { via: "load-balancer", namespace: "items", service: "api", port: 8090 };
  const probe = {
    from: "outside",
    request: { kind: "http", url: "http://items.lan:8090/items" },
    expect: { status: 200 },
  };

  it("tells where a load balancer is reached, by its endpoint's host and what is asked there", () => {
    const lines = overview(running({ "items.lan": endpoint }, [probe]), 80).split("\n");
    assert.deepEqual(
      lines.filter((line) => line.includes("curl")).map((line) => line.trim().split(/ {2,}/)),
      [["items.lan", "curl http://127.0.0.1:41234/items"]],
    );
  });

  it("tells it by the Service where no endpoint names it", () => {
    const other = { ...endpoint, port: 1 };
    assert.match(
      overview(running({ "items.lan": other }), 80),
      /\n {2}items\/api +curl http:\/\/127\.0\.0\.1:41234\/\n/,
    );
  });
});

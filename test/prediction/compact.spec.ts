import assert from "node:assert/strict";
import { compact } from "../../micromesh/prediction/compact.ts";
import type { Flow } from "../../micromesh/prediction/prediction.ts";
import { closed, deployment, predicted, server, service } from "./objects.ts";

const web = deployment("shop/web", { ports: [80], env: { DB_URL: "postgres://db.data:5432" } });
const [webId, dbId] = ["shop/web[Deployment]", "data/db[Deployment]"];
const outside = "0.0.0.0-255.255.255.255[External]";

const flow = (rest: Partial<Flow>): Flow => ({
  from: "a",
  to: "b",
  ports: "TCP 80",
  verdict: "allow",
  because: ["some reason"],
  neededBy: [],
  reachesListener: true,
  ...rest,
});
const of = (...flows: Flow[]) => compact({ of: "test", parties: [], flows, mistakes: [] });

describe("the prediction as a stack output", () => {
  it("has ports by destination and source", () => {
    const all = "All Connections";
    assert.deepEqual(compact(predicted([web, ...server("data/db", 5432)])), {
      [webId]: { [dbId]: all, [outside]: all },
      [dbId]: { [webId]: all, [outside]: all },
      [outside]: { [webId]: all, [dbId]: all },
    });
  });

  it("has what is needed and denied, and nothing else that's denied", () => {
    const objects = [web, ...server("data/db", 5432), closed("data")];
    assert.deepEqual(compact(predicted(objects))[dbId], { [webId]: "denied: TCP 5432" });
    const everything = predicted(objects, undefined, { all: true });
    assert.deepEqual(Object.keys(compact(everything)[dbId] ?? {}), [webId]);
  });

  it("has what is needed and can't work", () => {
    const output = compact(predicted([web, service("data/db", 5432)]));
    assert.deepEqual(output["data/db[Service]"], { [webId]: "broken: TCP 5432" });
  });

  it("has the requests that are let in", () => {
    assert.deepEqual(of(flow({ requests: ["GET /a", "PUT /b"] })), {
      b: { a: "TCP 80 (GET /a; PUT /b)" },
    });
    assert.deepEqual(of(flow({ requests: [] })), { b: { a: "TCP 80" } });
  });

  it("has several flows between two as one line, in their order", () => {
    const flows = [
      flow({}),
      flow({ ports: "TCP 90", verdict: "broken", neededBy: ["a need"] }),
      flow({ ports: "UDP 53", verdict: "deny", neededBy: ["a need"] }),
      flow({ ports: "SCTP 1", verdict: "deny" }),
      flow({ from: "c" }),
    ];
    assert.deepEqual(of(...flows), {
      b: { a: "TCP 80; broken: TCP 90; denied: UDP 53", c: "TCP 80" },
    });
  });

  it("has no reasons, which change with words", () => {
    assert.ok(!JSON.stringify(of(flow({}))).includes("some reason"));
    assert.deepEqual(of(), {});
  });
});

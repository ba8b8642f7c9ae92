import assert from "node:assert/strict";
import { parseDeployed } from "../../micromesh/cli/live-outputs.ts";
import { tellingOf } from "../verify/timeline/tellings.ts";

const counter = { title: "?", scenario: "open", scenarios: ["open", "isolated"], probes: [] };
const outputs = {
  cluster: { kind: "minikube", name: "micromesh-dev" },
  kubeconfig: "{}",
  endpoints: {},
  labs: { counter },
};

describe("the outputs of a deployed stack", () => {
  it("are read with their defaults", () => {
    assert.deepEqual(parseDeployed("dev", outputs), {
      ...outputs,
      labs: { counter: { ...counter, before: [] } },
      connectivity: {},
    });
  });

  it("of which there are none, or no labs, ask for a deployment", () => {
    for (const none of [{}, { ...outputs, labs: undefined }]) {
      assert.throws(() => parseDeployed("dev", none), {
        name: "UsageError",
        message: "stack dev has no labs deployed: run pulumi up --stack dev first",
      });
    }
  });

  it("that another version of the program has put out, tellings and all, ask for one, too", () => {
    const told = [tellingOf("open"), tellingOf("isolated")];
    const old = { ...outputs, labs: { counter: { ...counter, scenarios: told } } };
    assert.throws(() => parseDeployed("dev", old), {
      name: "UsageError",
      message:
        "stack dev was deployed by another version of this program, its output labs.counter.scenarios.0 is of another form: run pulumi up --stack dev first",
    });
  });
});

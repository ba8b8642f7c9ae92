/** What ConfigMaps and Secrets must be. */
import { describeKind } from "./describe-kind.ts";

describe("what a manifest's ConfigMap or Secret must be", () => {
  describeKind(
    { apiVersion: "v1", kind: "ConfigMap", data: { a: "1" }, binaryData: { b: "aGk=" } },
    [
      ["data.a", 1, "data.a is 1; it must be text: put it in quotes"],
      ["data", "x", 'data is "x"; it must be an object'],
      ["binaryData.b", 1, "binaryData.b is 1; it must be text: put it in quotes"],
    ],
  );

  describeKind({ apiVersion: "v1", kind: "Secret", stringData: { a: "1" } }, [
    ["stringData.a", { b: 1 }, 'stringData.a is {"b":1}; it must be text'],
  ]);
});

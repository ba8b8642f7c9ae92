import assert from "node:assert/strict";
import {
  callees,
  callers,
  egressTo,
  ingressFrom,
  ipBlock,
  isolated,
  rejected,
  selecting,
  teamB,
} from "./cluster.ts";
import type { Shown } from "./shown.ts";

export const aboutLabelSelector: Shown = {
  LabelSelector: {
    "A label selector is a label query over a set of resources.": () => {
      const query = { matchLabels: { app: "client" } };
      assert.deepEqual(
        isolated({ podSelector: query }).ingress,
        ["client"],
        "over pods to isolate",
      );
      assert.deepEqual(callers(ingressFrom({ podSelector: query })), ["client"], "over peers");
      assert.deepEqual(callers(ingressFrom(teamB)), ["stranger"], "over namespaces");
    },
    "The result of matchLabels and matchExpressions are ANDed.": () => {
      const matchLabels = { app: "client" };
      const matching = (operator: string) =>
        callers(
          ingressFrom({
            podSelector: { matchLabels, ...selecting({ key: "tier", operator }).podSelector },
          }),
        );
      assert.deepEqual([matching("Exists"), matching("DoesNotExist")], [["client"], []]);
    },
    "An empty label selector matches all objects.": () => {
      for (const empty of [
        {},
        { matchLabels: {} },
        { matchExpressions: [] },
        { matchLabels: null },
      ]) {
        assert.deepEqual(isolated({ podSelector: empty }).ingress, ["web", "client", "other"]);
        assert.deepEqual(callers(ingressFrom({ podSelector: empty })), ["client", "other"]);
        assert.deepEqual(callers(ingressFrom({ namespaceSelector: empty })), [
          "client",
          "other",
          "stranger",
        ]);
      }
    },
    "A null label selector matches no objects.": () => {
      const nulls = { podSelector: null, namespaceSelector: null, ...ipBlock("192.168.1.0/24") };
      assert.deepEqual(callers(ingressFrom(nulls)), ["outside"], "by its address only");
      assert.deepEqual(callees(egressTo(nulls)), ["outside"]);
      // In NetworkPolicySpec.podSelector null is no selector: it's "not specified", and has a default.
    },
  },
  "LabelSelector.matchLabels": {
    "matchLabels is a map of {key,value} pairs.": () => {
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { tier: "front" } } })), [
        "client",
      ]);
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: { tier: "app" } } })), []);
      assert.deepEqual(rejected({ podSelector: { matchLabels: ["app"] } }), [
        "spec.podSelector.matchLabels",
      ]);
    },
    'A single {key,value} in the matchLabels map is equivalent to an element of matchExpressions, whose key field is "key", the operator is "In", and the values array contains only "value".':
      () => {
        for (const value of ["client", "other", "nobody"]) {
          const pair = { podSelector: { matchLabels: { app: value } } };
          const element = selecting({ key: "app", operator: "In", values: [value] });
          assert.deepEqual(callers(ingressFrom(pair)), callers(ingressFrom(element)));
          assert.deepEqual(isolated(pair), isolated(element));
        }
      },
    "The requirements are ANDed.": () => {
      const both = { app: "client", tier: "front" };
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: both } })), ["client"]);
      const one = { app: "client", tier: "back" };
      assert.deepEqual(callers(ingressFrom({ podSelector: { matchLabels: one } })), []);
    },
  },
  "LabelSelector.matchExpressions": {
    "matchExpressions is a list of label selector requirements.": () => {
      const policy = ingressFrom(selecting({ key: "app", operator: "In", values: ["other"] }));
      assert.deepEqual(callers(policy), ["other"]);
      const place = ["spec.podSelector.matchExpressions"];
      assert.deepEqual(rejected({ podSelector: { matchExpressions: { key: "app" } } }), place);
    },
    "The requirements are ANDed.": () => {
      const labelled = { key: "app", operator: "Exists" };
      const notOther = { key: "app", operator: "NotIn", values: ["other"] };
      const isOther = { key: "app", operator: "In", values: ["other"] };
      assert.deepEqual(callers(ingressFrom(selecting(labelled, notOther))), ["client"]);
      assert.deepEqual(callers(ingressFrom(selecting(isOther, notOther))), []);
    },
  },
  LabelSelectorRequirement: {
    "A label selector requirement is a selector that contains values, a key, and an operator that relates the key and values.":
      () => {
        const requirement = { key: "app", operator: "In", values: ["client", "other"] };
        assert.deepEqual(callers(ingressFrom(selecting(requirement))), ["client", "other"]);
        const opposite = { ...requirement, operator: "NotIn" };
        assert.deepEqual(callers(ingressFrom(selecting(opposite))), []);
      },
  },
  "LabelSelectorRequirement.key": {
    "key is the label key that the selector applies to.": () => {
      const having = (key: string) => callers(ingressFrom(selecting({ key, operator: "Exists" })));
      assert.deepEqual(["app", "tier", "front"].map(having), [["client", "other"], ["client"], []]);
      const place = ["spec.podSelector.matchExpressions[0].key"];
      assert.deepEqual(rejected(selecting({ operator: "Exists" })), place);
    },
  },
  "LabelSelectorRequirement.operator": {
    "operator represents a key's relationship to a set of values.": () => {
      const related = (operator: string, ...values: string[]) =>
        callers(ingressFrom(selecting({ key: "tier", operator, values })));
      assert.deepEqual(related("In", "front", "back"), ["client"]);
      assert.deepEqual(related("In", "back"), []);
      assert.deepEqual(related("NotIn", "front", "back"), ["other"], "it has no tier");
      assert.deepEqual(related("NotIn", "back"), ["client", "other"]);
      assert.deepEqual(related("Exists"), ["client"]);
      assert.deepEqual(related("DoesNotExist"), ["other"]);
    },
    "Valid operators are In, NotIn, Exists and DoesNotExist.": () => {
      const place = ["spec.podSelector.matchExpressions[0].operator"];
      for (const operator of ["Gt", "Lt", "in", "Equals", "", null, undefined]) {
        assert.deepEqual(rejected(selecting({ key: "app", operator })), place, `${operator}`);
      }
    },
  },
  "LabelSelectorRequirement.values": {
    "values is an array of string values.": () => {
      const valuesOf = (values: unknown) =>
        rejected(selecting({ key: "app", operator: "In", values }));
      const place = "spec.podSelector.matchExpressions[0].values";
      assert.deepEqual(valuesOf(["a", "b", ""]), []);
      assert.deepEqual(valuesOf(["a", 1, true, null]), [
        `${place}[1]`,
        `${place}[2]`,
        `${place}[3]`,
      ]);
      assert.ok(valuesOf("a").includes(place));
    },
    "If the operator is In or NotIn, the values array must be non-empty.": () => {
      for (const operator of ["In", "NotIn"]) {
        for (const values of [undefined, null, []]) {
          const place = ["spec.podSelector.matchExpressions[0].values"];
          assert.deepEqual(rejected(selecting({ key: "app", operator, values })), place);
        }
      }
    },
    "If the operator is Exists or DoesNotExist, the values array must be empty.": () => {
      for (const operator of ["Exists", "DoesNotExist"]) {
        const place = ["spec.podSelector.matchExpressions[0].values"];
        assert.deepEqual(rejected(selecting({ key: "app", operator, values: ["web"] })), place);
        for (const values of [undefined, null, []]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator, values })), []);
        }
      }
    },
  },
  LabelSelectorOperator: {
    "A label selector operator is the set of operators that can be used in a selector requirement.":
      () => {
        for (const operator of ["In", "NotIn"]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator, values: ["web"] })), []);
        }
        for (const operator of ["Exists", "DoesNotExist"]) {
          assert.deepEqual(rejected(selecting({ key: "app", operator })), []);
        }
      },
  },
};

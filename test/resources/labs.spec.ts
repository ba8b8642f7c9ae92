import assert from "node:assert/strict";
import type { DeclaredResource } from "../../micromesh/resources/declared.ts";
import { declaredLabs, titleIn, told } from "../../micromesh/resources/labs.ts";
import { tellingOf } from "../verify/timeline/tellings.ts";

const scenarios = [tellingOf("open"), tellingOf("closed", { title: "All is shut" })];
const component = (name: string, inputs: object = { scenario: "closed", scenarios }) =>
  ({ type: `micromesh:labs:${name}`, name, inputs }) as DeclaredResource;
const put = { title: "A lab", scenario: "closed", scenarios: ["open", "closed"], probes: [] };

describe("the labs that a program declares", () => {
  it("are those of its outputs, told as their components are given it", () => {
    const labs = declaredLabs({
      outputs: { labs: { items: put } },
      resources: [
        component("shop", { scenario: "open", scenarios: [tellingOf("open")] }),
        { ...component("items", {}), type: "micromesh:apps:Items" },
        component("items"),
      ],
    });
    assert.deepEqual(labs, { items: { ...put, before: [], scenarios } });
  });

  it("tell the scenario that is declared", () => {
    const lab = { ...put, before: [], scenarios };
    assert.equal(told(lab).title, "All is shut");
    assert.throws(
      () => told({ ...lab, scenario: "gone" }),
      /^Error: the lab doesn't tell its scenario gone$/,
    );
  });

  it("have titles for what is deployed; what isn't declared any more is called by its name", () => {
    assert.equal(titleIn({ scenarios }, "closed"), "All is shut");
    assert.equal(titleIn({ scenarios }, "gone"), "gone");
    assert.equal(titleIn(undefined, "closed"), "closed");
  });

  it("are a mistake of the program's where one has no component, or one that tells nothing", () => {
    const outputs = { labs: { items: put } };
    assert.throws(
      () => declaredLabs({ outputs, resources: [component("shop")] }),
      /^Error: the program puts out lab items, and declares none$/,
    );
    const resources = [component("items", { scenario: "closed" })];
    assert.throws(() => declaredLabs({ outputs, resources }), /scenarios/);
  });
});

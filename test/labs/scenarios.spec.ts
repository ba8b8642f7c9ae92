/** What holds for every scenario of every lab: how it's told, what it changes, what can be seen of it. */
import assert from "node:assert/strict";
import { labs } from "../../labs/index.ts";
import type { AnyLab } from "../../labs/lab.ts";
import type { KubernetesObject } from "../../micromesh/resources/declared.ts";
import { kubernetesObjects, objectKey } from "../../micromesh/resources/kubernetes.ts";
import { type DeclaredLab, declaredLabs, told } from "../../micromesh/resources/labs.ts";
import { probe } from "../../stacks/outputs.ts";
import { declareOn, images } from "./platforms.ts";

const everything = { networkPolicy: true, ciliumPolicies: true, mesh: true, ingress: true };

interface Declared {
  lab: DeclaredLab;
  objects: Record<string, KubernetesObject>;
}

async function declare(name: string, lab: AnyLab, scenario: string): Promise<Declared> {
  const own = lab.settings?.parse({}) ?? {};
  const declaration = await declareOn(everything, (platform) => ({
    labs: { [name]: lab.deploy(platform, { scenario, images, own }).lab },
  }));
  const objects = kubernetesObjects(declaration).map((one) => [objectKey(one), one]);
  return {
    lab: declaredLabs(declaration)[name] ?? assert.fail(`${name} isn't declared`),
    objects: Object.fromEntries(objects),
  };
}

/** Objects that are in one of them only, or aren't alike, as a scenario names them: kind and name. */
function differences(a: Declared, b: Declared): string[] {
  const keys = new Set([...Object.keys(a.objects), ...Object.keys(b.objects)]);
  return [...keys]
    .filter((key) => JSON.stringify(a.objects[key]) !== JSON.stringify(b.objects[key]))
    .map((key) => {
      const { kind, metadata } = (a.objects[key] ?? b.objects[key]) as KubernetesObject;
      return `${kind} ${metadata.name}`;
    });
}

const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`).test(name);
const escaped = (text: string) => text.replace(/[\\^$.+?()|{}[\]]/g, "\\$&");

describe("the scenarios of every lab", () => {
  for (const [name, module] of Object.entries(labs)) {
    describe(`of ${name}`, () => {
      const [baseline = ""] = module.scenarios;
      let first: Declared;
      before(async () => {
        first = await declare(name, module, baseline);
      });

      it("are told, all of them, in the order of their names", () => {
        assert.deepEqual(
          first.lab.scenarios.map((told) => told.name),
          module.scenarios,
        );
      });

      it("begin with one that changes nothing, and has nothing before it", () => {
        assert.deepEqual(told(first.lab).changes, []);
        assert.deepEqual(first.lab.before, []);
        assert.equal(told(first.lab).after, undefined);
      });

      for (const scenario of module.scenarios) {
        it(`${scenario} is told in full, and gives nothing away too early`, () => {
          const telling = told({ ...first.lab, scenario });
          const { name: _, hints, changes, after, ...texts } = telling;
          for (const [what, text] of [...Object.entries(texts), ...hints.entries()]) {
            assert.ok(String(text).length >= 15, `${what}: ${text}`);
            assert.doesNotMatch(String(text), /\s{2}|^\s|\s$/, `${what}: ${text}`);
          }
          assert.equal(new Set(hints).size, 3);
          assert.ok(!hints.some((hint) => hint.includes(`${name}=`)), "a hint names the scenario");
          for (const object of changes) {
            const [kind = "", named = ""] = object.split(" ");
            // Ordinary words such as Service may well be in a symptom.
            if (!/Policy|Authentication/.test(kind)) continue;
            assert.ok(!telling.symptom.includes(kind) || /kubectl/.test(telling.symptom));
            assert.ok(!telling.symptom.includes(named), `the symptom names ${named}`);
          }
          assert.ok(after === undefined || module.scenarios.includes(after));
        });

        it(`${scenario} differs from ${baseline} where it says, and nowhere else`, async () => {
          const { lab, ...declared } = await declare(name, module, scenario);
          const different = differences(first, { lab, ...declared });
          const changes = told(lab).changes;
          const untold = different.filter((one) => !changes.some((c) => matches(c, one)));
          assert.deepEqual(untold, [], "changed, and it doesn't say so");
          const idle = changes.filter((change) => !different.some((one) => matches(change, one)));
          assert.deepEqual(idle, [], "said to be changed, and isn't");
        });

        it(`${scenario} has probes before and after, and they tell the two apart`, async () => {
          const { lab } = await declare(name, module, scenario);
          for (const list of [lab.before, lab.probes]) {
            assert.equal(list.map((one) => probe.parse(one)).length, list.length);
            assert.equal(new Set(list.map((one) => one.name)).size, list.length);
          }
          assert.ok(lab.probes.length > 0);
          if (scenario === baseline) return;
          const before = told(lab).after ?? baseline;
          assert.deepEqual(lab.before, (await declare(name, module, before)).lab.probes);
          assert.notDeepEqual(lab.before, lab.probes);
        });
      }
    });
  }
});

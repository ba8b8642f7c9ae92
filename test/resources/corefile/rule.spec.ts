import assert from "node:assert/strict";
import fc from "fast-check";
import { K3S_COREFILE, KUBEADM_COREFILE } from "../../../micromesh/resources/corefile/defaults.ts";
import { COREFILE, parseCorefile } from "../../../micromesh/resources/corefile/parse.ts";
import { noSuchNames, withoutRule, withRule } from "../../../micromesh/resources/corefile/rule.ts";
import { corefiles, styles, written } from "./texts.ts";

const seed = Number(process.env.MICROMESH_SEED || Math.floor(Math.random() * 2 ** 31));
const rule = noSuchNames(["db.items.svc.cluster.local", "Other.Example.com."]);

/** Which plugins each server block has. */
const plugins = (text: string) =>
  parseCorefile({ [COREFILE]: text }, { imports: false }).map(({ directives }) =>
    directives.map(({ plugin }) => plugin),
  );

describe("a rule in a Corefile", () => {
  it("stands first in the server block of the cluster's domain", () => {
    for (const [text, at] of [
      [KUBEADM_COREFILE, 0],
      [K3S_COREFILE, 0],
      ["example.org {\n log\n}\n.:53 {\n log\n}\n", 1],
      [".:53 {\n log\n}\ncluster.local:53 {\n log\n}\n", 1],
      [". {\n log\n}\ncluster.local:5353 {\n log\n}\n", 0],
      [".:53 { # all\n log\n}\n", 0],
      [".:53 { log\n errors\n}\n", 0],
      [".:53\n{\n log\n}\n", 0],
    ] as const) {
      const before = plugins(text);
      const expected = before.map((names, i) => (i === at ? ["template", ...names] : names));
      assert.deepEqual(plugins(withRule(text, rule)), expected, text);
    }
  });

  it(`is taken out to the letter, and put in but once (MICROMESH_SEED=${seed})`, () => {
    fc.assert(
      fc.property(corefiles, styles, fc.boolean(), ([first, ...rest], style, comment) => {
        const served = { keys: ["."], lines: first?.lines ?? [] };
        const text = (comment ? "# mine\n" : "") + written([served, ...rest], style);
        const ruled = withRule(text, "log ours");
        assert.equal(withoutRule(ruled), text);
        assert.equal(withRule(ruled, "log ours"), ruled);
        assert.equal(withRule(ruled, rule), withRule(text, rule));
        assert.equal(plugins(ruled)[0]?.length, (plugins(text)[0]?.length ?? 0) + 1);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("leaves a text alone that has none", () => {
    assert.equal(withoutRule(KUBEADM_COREFILE), KUBEADM_COREFILE);
    assert.equal(withoutRule(""), "");
  });

  it("needs a server block in braces for the cluster's domain", () => {
    for (const text of ["", "example.org {\n log\n}\n", ".:53\nlog\n", ".:5353 {\n}\n"]) {
      assert.throws(
        () => withRule(text, rule),
        /no server block in braces for cluster\.local: add /,
      );
    }
  });

  it("names what isn't to be found, in CoreDNS' form", () => {
    const text =
      "template ANY ANY db.items.svc.cluster.local other.example.com {\n  rcode NXDOMAIN\n}";
    assert.equal(rule, text);
  });
});

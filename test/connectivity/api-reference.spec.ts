/**
 * Every sentence of the Kubernetes API reference on NetworkPolicy, in its order, shown in behaviour. The
 * sentences are in `api-reference/sentences.ts`, the tests beside it in a module for each section.
 */
import assert from "node:assert/strict";
import { aboutEgressRule } from "./api-reference/egress-rule.ts";
import { aboutIngressRule } from "./api-reference/ingress-rule.ts";
import { aboutIpBlock } from "./api-reference/ip-block.ts";
import { aboutLabelSelector } from "./api-reference/label-selector.ts";
import { aboutPeer } from "./api-reference/peer.ts";
import { aboutPolicy } from "./api-reference/policy.ts";
import { aboutPort } from "./api-reference/port.ts";
import { nothingToShow, reference } from "./api-reference/sentences.ts";
import type { Shown } from "./api-reference/shown.ts";
import { aboutSpec } from "./api-reference/spec.ts";

const sections = [
  aboutPolicy,
  aboutSpec,
  aboutIngressRule,
  aboutEgressRule,
  aboutPort,
  aboutIpBlock,
  aboutPeer,
  aboutLabelSelector,
];

describe("the API reference of NetworkPolicy", () => {
  const shown: Shown = Object.assign({}, ...sections);
  for (const [place, sentences] of Object.entries(shown)) {
    describe(place, () => {
      for (const [sentence, test] of Object.entries(sentences)) it(sentence, test);
    });
  }

  it("is here in full: each of its sentences has a test, or a reason why not", () => {
    const places = new Set([reference, shown, nothingToShow].flatMap(Object.keys));
    for (const place of places) {
      const left = Object.keys(nothingToShow[place] ?? {});
      const covered = [...Object.keys(shown[place] ?? {}), ...left];
      // In the reference's order, so that the two can be read side by side.
      assert.deepEqual(covered, reference[place] ?? [], place);
    }
  });

  it("has each place in one section", () => {
    const places = sections.flatMap(Object.keys);
    assert.deepEqual([...new Set(places)], places);
  });
});

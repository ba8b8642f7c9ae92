import assert from "node:assert/strict";
import { stagesOf } from "../../../micromesh/verify/timeline/stages.ts";
import { tellingOf } from "./tellings.ts";

const lab = (...names: string[]) => ({
  scenarios: names.map((text) => {
    const [name = "", after] = text.split("<");
    return tellingOf(name, after ? { after } : {});
  }),
});
const names = (...args: Parameters<typeof stagesOf>) =>
  stagesOf(...args)
    ?.map(({ name }) => name)
    .join(" ");

const items = lab("open", "deny", "egress", "egress.one<egress", "cycle", "api<cycle", "db<api");

describe("a timeline's stages", () => {
  it("are the named scenario and what goes on from it, between the lab's first", () => {
    assert.equal(names(items, "deny"), "open deny open");
    assert.equal(names(items, "egress"), "open egress egress.one open");
    assert.equal(names(items, "cycle"), "open cycle api db open");
    assert.equal(names(items, "api"), "open api db open");
  });

  it("are of the longest chain where none is named, the earliest of several", () => {
    assert.equal(names(items), "open cycle api db open");
    assert.equal(names(lab("open", "a", "a1<a", "b", "b1<b")), "open a a1 open");
    assert.equal(names(lab("open", "a", "b")), "open a open");
  });

  it("are all that go on from it, where a chain forks", () => {
    assert.equal(names(lab("open", "a", "b<a", "c<a", "d<b")), "open a b d c open");
  });

  it("is the first alone where it's named, or there is no other", () => {
    assert.equal(names(items, "open"), "open");
    assert.equal(names(lab("open")), "open");
  });

  it("are none of a name that the lab doesn't have, or of a lab that has none", () => {
    assert.equal(names(items, "nope"), undefined);
    assert.equal(names(lab()), undefined);
  });

  it("end where scenarios go on from one another", () => {
    assert.equal(names(lab("open", "a<b", "b<a"), "a"), "open a b open");
  });
});

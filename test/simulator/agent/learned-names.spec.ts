import assert from "node:assert/strict";
import { addressesIn, LearnedNames } from "../../../micromesh/simulator/agent/learned-names.ts";

describe("learned names", () => {
  it("are all that an address was found by", () => {
    const learned = new LearnedNames();
    learned.add("a.io", ["203.0.113.1", "203.0.113.2"]);
    learned.add("b.io", ["203.0.113.2"]);
    learned.add("b.io", ["203.0.113.2"]);
    assert.deepEqual(learned.of("203.0.113.1"), ["a.io"]);
    assert.deepEqual(learned.of("203.0.113.2"), ["a.io", "b.io"]);
    assert.deepEqual(learned.of("203.0.113.3"), []);
  });

  it("are forgotten in the order in which they were last found", () => {
    const learned = new LearnedNames();
    const address = (i: number) => `10.0.${i >> 8}.${i & 255}`;
    for (let i = 0; i < 1000; i++) learned.add("a.io", [address(i)]);
    learned.add("a.io", [address(0)]);
    learned.add("a.io", [address(1000)]);
    assert.deepEqual(
      [0, 1, 2, 1000].map((i) => learned.of(address(i)).length),
      [1, 0, 1, 1],
    );
  });

  it("of one address are a hundred at most", () => {
    const learned = new LearnedNames();
    for (let i = 0; i < 100; i++) learned.add(`${i}.io`, ["203.0.113.1"]);
    learned.add("0.io", ["203.0.113.1"]);
    learned.add("100.io", ["203.0.113.1"]);
    const names = learned.of("203.0.113.1");
    assert.deepEqual(
      [names.length, ...["0.io", "1.io", "100.io"].map((name) => names.includes(name))],
      [100, true, false, true],
    );
  });
});

describe("addresses in an answer", () => {
  it("are found in whatever form Node's dns gives it", () => {
    for (const [found, addresses] of [
      ["203.0.113.1", ["203.0.113.1"]],
      [
        ["203.0.113.1", "203.0.113.2"],
        ["203.0.113.1", "203.0.113.2"],
      ],
      [[{ address: "203.0.113.1", family: 4 }], ["203.0.113.1"]],
      [undefined, []],
    ] as const) {
      assert.deepEqual(addressesIn(found), addresses);
    }
  });
});

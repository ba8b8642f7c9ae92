import assert from "node:assert/strict";
import {
  AddressPool,
  POD_CIDR,
  SERVICE_CIDR,
} from "../../../micromesh/simulator/cluster/addresses.ts";
import { inCidr } from "../../../micromesh/simulator/network/route.ts";

describe("AddressPool", () => {
  it("gives each owner an address of its own, one after another", () => {
    const pool = new AddressPool("10.244", 10);
    assert.deepEqual([pool.of("a"), pool.of("b")], ["10.244.0.10", "10.244.0.11"]);
  });

  it("gives an owner the same address each time", () => {
    const pool = new AddressPool("10.244", 10);
    assert.deepEqual(
      ["a", "b", "a"].map((owner) => pool.of(owner)),
      ["10.244.0.10", "10.244.0.11", "10.244.0.10"],
    );
  });

  it("gives a released owner a new address, so that nobody takes it for the old one", () => {
    const pool = new AddressPool("10.244", 10);
    pool.of("a");
    pool.release("a");
    assert.equal(pool.of("a"), "10.244.0.11");
  });

  it("skips what people take for network and broadcast addresses", () => {
    const pool = new AddressPool("10.244", 254);
    assert.deepEqual([pool.of("a"), pool.of("b")], ["10.244.0.254", "10.244.1.1"]);
  });

  it("says so when no address is left, after some sixty thousand different ones in its range", () => {
    const pool = new AddressPool("10.244", 10);
    const seen = new Set<string>();
    assert.throws(() => {
      for (let i = 0; ; i++) seen.add(pool.of(String(i)));
    }, /^Error: no address is left in 10\.244\.0\.0\/16$/);
    assert.equal(seen.size, 256 * 254 - 9);
    assert.ok(seen.has("10.244.255.254"));
  });

  it("serves the declared ranges of pods and Services", () => {
    assert.ok(inCidr(new AddressPool("10.244", 10).of("a"), POD_CIDR));
    assert.ok(inCidr(new AddressPool("10.96", 256).of("a"), SERVICE_CIDR));
  });
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Cidr,
  freeNetwork,
  overlap,
  readCidr,
} from "../../../../components/clusters/ec2/cidr.ts";
import {
  parseAddress,
  parseBlock,
  overlaps as rangesOverlap,
} from "../../../../micromesh/connectivity/address.ts";
import { seed } from "./world.ts";

const read = (text: string): Cidr => {
  const reading = readCidr(text);
  assert.ok("cidr" in reading, text);
  return reading.cidr;
};

/** A network's text, host bits cleared or not. */
const v4 = fc
  .tuple(fc.nat(0xffffffff), fc.nat(32))
  .map(([n, bits]) => `${[24, 16, 8, 0].map((by) => (n >>> by) & 255).join(".")}/${bits}`);
const v6 = fc
  .tuple(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), fc.nat(128))
  .filter(([words]) => words.slice(0, 5).some((word) => word > 0))
  .map(([words, bits]) => `${words.map((word) => word.toString(16)).join(":")}/${bits}`);
const any = fc.oneof(v4, v6);

/** The network that a text is in. */
const networkOf = (text: string): string => {
  const reading = readCidr(text);
  if ("cidr" in reading) return reading.cidr.text;
  assert.ok(reading.network, text);
  return reading.network;
};

describe(`EC2's networks (MICROMESH_SEED=${seed})`, () => {
  it("reads what is a network, in the one way to write it", () => {
    assert.deepEqual(read("10.0.0.0/8"), { family: 4, text: "10.0.0.0/8", bits: 8 });
    assert.deepEqual(read("0.0.0.0/0"), { family: 4, text: "0.0.0.0/0", bits: 0 });
    assert.deepEqual(read("::/0"), { family: 6, text: "::/0", bits: 0 });
    for (const text of ["2001:DB8:0:0::/32", "2001:0db8::/32", "2001:db8:0:0:0:0:0:0/32"]) {
      assert.deepEqual(read(text), { family: 6, text: "2001:db8::/32", bits: 32 });
    }
  });

  it("reads nothing else", () => {
    const wrong =
      "|10/8|010.0.0.0/8|0x0a.0.0.0/8|1.2.3.4|1.2.3.4/|1.2.3.0/024|1.2.3.4/33|1.2.3.256/32|::/129|" +
      "::ffff:1.2.3.4/128|::ffff:102:304/128|fe80::%eth0/64|::1.2.3.4/128|10.0.0.0/8/8|x/8| 10.0.0.0/8";
    for (const text of wrong.split("|")) assert.deepEqual(readCidr(text), {}, text);
  });

  it("names the network of an address with bits behind the prefix", () => {
    assert.deepEqual(readCidr("10.1.2.3/8"), { network: "10.0.0.0/8" });
    assert.deepEqual(readCidr("2001:db8::1/32"), { network: "2001:db8::/32" });
    fc.assert(
      fc.property(any, (text) => {
        const network = networkOf(text);
        const reading = readCidr(network);
        assert.ok("cidr" in reading, "what it names is a network");
        assert.equal(reading.cidr.text, network);
        const [a, b] = [parseBlock(text), parseBlock(network)];
        assert.deepEqual(a, b, "with the same addresses, by another reader");
        const isFirst = parseAddress(text.split("/")[0] ?? "")?.first === b?.first;
        assert.equal("cidr" in readCidr(text), isFirst, "only its first address is taken for it");
      }),
      { seed },
    );
  });

  it("finds overlaps as the addresses say", () => {
    const near = fc.tuple(any, any, fc.boolean(), fc.nat(128)).map(([a, b, same, bits]) => {
      // Two random networks hardly ever meet: half of the time the second is around, or in, the first.
      const longest = a.includes(":") ? 128 : 32;
      return [a, same ? `${a.split("/")[0]}/${bits % (longest + 1)}` : b].map(networkOf);
    });
    let met = 0;
    fc.assert(
      fc.property(near, ([a = "", b = ""]) => {
        const [one, other] = [parseBlock(a), parseBlock(b)];
        assert.ok(one && other);
        const expected = rangesOverlap(one, other);
        if (expected) met++;
        assert.equal(overlap(read(a), read(b)), expected, `${a} ${b}`);
        assert.equal(overlap(read(b), read(a)), expected, `${b} ${a}`);
      }),
      { seed },
    );
    assert.ok(met > 10, `${met} of the pairs met`);
  });

  it("finds a network that is free, the first from where it starts", () => {
    const taken = ["10.40.0.0/14", "10.44.0.0/16", "10.45.7.0/24", "2001:db8::/32"].map(read);
    assert.equal(freeNetwork([], 42)?.text, "10.42.0.0/16");
    assert.equal(freeNetwork(taken, 42)?.text, "10.46.0.0/16");
    assert.equal(freeNetwork([read("10.128.0.0/9")], 200)?.text, "10.0.0.0/16");
    assert.equal(freeNetwork([read("10.0.0.0/8")], 42), undefined);
  });
});

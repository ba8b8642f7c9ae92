import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeHello,
  encodeHello,
  type Hello,
} from "../../../micromesh/simulator/network/hello.ts";

const hello: Hello = {
  from: "lab/web",
  ip: "10.244.0.10",
  port: 40000,
  principal: "cluster.local/ns/lab/sa/wëb",
};

describe("a hello", () => {
  it("comes back with the bytes behind it untouched, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const decoded = decodeHello(Buffer.concat([encodeHello(hello), bytes]));
        assert.deepEqual(decoded?.hello, hello);
        assert.deepEqual([...(decoded?.rest ?? [])], [...bytes]);
      }),
    );
  });

  it("waits for more bytes at every cut", () => {
    const bytes = encodeHello(hello);
    for (let n = 0; n < bytes.length; n++) {
      assert.equal(decodeHello(bytes.subarray(0, n)), undefined, `${n} bytes`);
    }
  });

  it("isn't taken for one where it begins otherwise", () => {
    assert.throws(() => decodeHello(Buffer.from("GET / HTTP/1.1\r\n")), /^Error: not a hello$/);
  });

  it("keeps a principal and a bypass apart from their absence", () => {
    const plain: Hello = { from: "node", ip: "192.168.49.2", port: 0, bypassSidecar: true };
    assert.deepEqual(decodeHello(encodeHello(plain))?.hello, plain);
  });
});

import assert from "node:assert/strict";
import { socketPath } from "../../../micromesh/simulator/network/sockets.ts";

describe("socketPath", () => {
  it("is the address and port, in the run's folder", () => {
    assert.equal(socketPath("/run", "10.244.0.10", 80), "/run/10.244.0.10-80");
  });

  it("tells a port on the loopback from the same one on the pod's address", () => {
    assert.notEqual(
      socketPath("/run", "10.244.0.10", 80, true),
      socketPath("/run", "10.244.0.10", 80),
    );
  });

  it("fits the 104 bytes of macOS below its folder for temporary files", () => {
    const folder = "/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/mm-abcdef/n";
    const longest = socketPath(folder, "10.244.255.254", 65535, true);
    assert.ok(Buffer.byteLength(`${longest}\0`) <= 104, `${longest.length}`);
  });
});

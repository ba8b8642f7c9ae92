import assert from "node:assert/strict";
import { placeholders } from "../../stacks/placeholders.ts";

describe("placeholders", () => {
  it("are the addresses and networks that are kept for documentation, and no neighbours of theirs", () => {
    const kept = [
      "192.0.2.10",
      "198.51.100.0/24",
      "203.0.113.7/32",
      "2001:db8::1",
      "2001:0DB8:1::/48",
    ];
    const others = [
      "192.0.20.1",
      "198.51.101.0/24",
      "203.0.11.3",
      "2001:db9::1",
      "10.192.0.2",
      "k3s.lan",
    ];
    assert.deepEqual(placeholders([...kept, ...others]), kept);
  });
});

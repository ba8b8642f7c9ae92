/** Which ports Cilium's policies mean. */
import assert from "node:assert/strict";
import { client, outside, web } from "./cast.ts";
import { of } from "./cilium-world.ts";
import { allowed, ciliumPolicy } from "./world.ts";

describe("the ports of Cilium's policies", () => {
  describe("toPorts", () => {
    const on = (toPorts: object[], port: number, protocol: "TCP" | "UDP" = "TCP") =>
      allowed(
        of(ciliumPolicy("a/p", { endpointSelector: {}, ingress: [{ toPorts }] })),
        outside,
        web,
        port,
        protocol,
      );
    it("without peers are open to everyone", () => {
      assert.equal(on([{ ports: [{ port: "80", protocol: "TCP" }] }], 80), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "TCP" }] }], 81), false);
    });
    it("take any protocol unless told", () => {
      assert.equal(on([{ ports: [{ port: "80" }] }], 80, "UDP"), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "ANY" }] }], 80, "UDP"), true);
      assert.equal(on([{ ports: [{ port: "80", protocol: "tcp" }] }], 80, "UDP"), false);
    });
    it("take ranges, names and 0 for all", () => {
      assert.deepEqual(
        [79, 80, 82, 83].map((port) => on([{ ports: [{ port: "80", endPort: 82 }] }], port)),
        [false, true, true, false],
      );
      assert.equal(on([{ ports: [{ port: "HTTP" }] }], 8080), true);
      assert.equal(on([{ ports: [{ port: "http" }] }], 80), false);
      assert.deepEqual(
        [
          on([{ ports: [{ port: "0", protocol: "UDP" }] }], 9, "UDP"),
          on([{ ports: [{ port: "0", protocol: "UDP" }] }], 9),
        ],
        [true, false],
      );
    });
    it("of ICMP kinds open no connection", () => {
      assert.equal(on([{ ports: [{ port: "80", protocol: "ICMP" }] }], 80), false);
    });
    it("and a peer must both match", () => {
      const ingress = [{ fromEndpoints: [{}], toPorts: [{ ports: [{ port: "80" }] }] }];
      const under = of(ciliumPolicy("a/p", { endpointSelector: {}, ingress }));
      assert.deepEqual(
        [
          allowed(under, client, web, 80),
          allowed(under, client, web, 81),
          allowed(under, outside, web, 80),
        ],
        [true, false, false],
      );
    });
  });
});

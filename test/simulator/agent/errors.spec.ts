import assert from "node:assert/strict";
import dns from "node:dns/promises";
import { once } from "node:events";
import { existsSync } from "node:fs";
import net from "node:net";
import { nameError, systemError } from "../../../micromesh/simulator/agent/errors.ts";

/** An error as code may look at it. */
const facts = (error: NodeJS.ErrnoException & Record<string, unknown>) => ({
  ...error,
  message: error.message,
  isError: error instanceof Error,
});

describe("systemError", () => {
  it("is what Node raises for a port that nobody listens on", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const [real] = await once(net.connect(port, "127.0.0.1"), "error", {}).catch((error) => [
      error,
    ]);
    const made = systemError("ECONNREFUSED", "connect", { address: "127.0.0.1", port });
    assert.deepEqual(facts(made as never), facts(real));
  });

  it("is what Node raises for a port that is taken", async () => {
    const server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    const [real] = await once(net.createServer().listen(port, "127.0.0.1"), "error");
    server.close();
    const made = systemError("EADDRINUSE", "listen", { address: "127.0.0.1", port });
    assert.equal(made.code, real.code);
    assert.equal(made.errno, real.errno);
    assert.equal(made.syscall, real.syscall);
  });

  it("tells a broken connection by no address", () => {
    const { message, code, syscall } = systemError("ECONNRESET", "read");
    assert.deepEqual([message, code, syscall], ["read ECONNRESET", "ECONNRESET", "read"]);
  });

  it("names the path of a read-only file as Node does", () => {
    const error = systemError("EROFS", "open", { path: "/app/x" });
    assert.equal(error.message, "EROFS: read-only file system, open '/app/x'");
    assert.deepEqual([error.code, error.path, existsSync("/app/x")], ["EROFS", "/app/x", false]);
  });

  it("has a negative number, as libuv's errors have", () => {
    assert.ok((systemError("ETIMEDOUT", "connect").errno ?? 0) < 0);
  });
});

describe("nameError", () => {
  it("is what Node raises for a name that doesn't exist", async function () {
    const real = await dns.lookup("no-such-name.invalid").catch((error) => error);
    // Without any resolver the machine answers EAI_AGAIN.
    if (real.code !== "ENOTFOUND") this.skip();
    const made = nameError("ENOTFOUND", "getaddrinfo", "no-such-name.invalid");
    assert.deepEqual(facts(made as never), facts(real));
  });

  it("has libuv's numbers for look-ups, and none for queries in time", () => {
    assert.equal(nameError("ENOTFOUND", "getaddrinfo", "x").errno, -3008);
    assert.equal(nameError("EAI_AGAIN", "getaddrinfo", "x").errno, -3001);
    assert.equal(nameError("ETIMEOUT", "queryA", "x").errno, undefined);
  });

  it("says what was asked for which name", () => {
    const { message, code, syscall } = nameError("EAI_AGAIN", "getaddrinfo", "x.lab");
    assert.deepEqual(
      [message, code, syscall],
      ["getaddrinfo EAI_AGAIN x.lab", "EAI_AGAIN", "getaddrinfo"],
    );
  });
});

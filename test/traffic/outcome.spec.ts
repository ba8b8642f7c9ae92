import assert from "node:assert/strict";
import { createServer, get, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { Agent, request } from "undici";
import { failureOf } from "../../micromesh/traffic/index.ts";

const urlOf = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const clients: Record<string, (url: string) => Promise<unknown>> = {
  "node:http": (url) =>
    new Promise((resolve, reject) => {
      get(url, { agent: false }, (response) => resolve(response.resume())).on("error", reject);
    }),
  fetch: (url) => fetch(url),
  undici: (url) => request(url, { dispatcher: new Agent({ headersTimeout: 1000 }) }),
};

const failureAt = async (client: (url: string) => Promise<unknown>, url: string) => {
  const error = await client(url).then(
    () => assert.fail("there was an answer"),
    (error) => error,
  );
  return failureOf(error);
};

for (const [name, client] of Object.entries(clients)) {
  describe(`failures of ${name}`, () => {
    /** Answers whatever comes with `answer`. */
    async function withServer(answer: (socket: Socket) => void): Promise<string | undefined> {
      const server = createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => answer(socket));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        return await failureAt(client, urlOf(server));
      } finally {
        server.close();
      }
    }

    it("knows that there is no connection", async () => {
      const server: Server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = urlOf(server);
      await new Promise((resolve) => server.close(resolve));
      assert.equal(await failureAt(client, url), "connect-failure");
      assert.equal(
        await failureAt(client, url.replace("127.0.0.1", "localhost")),
        "connect-failure",
      );
    });

    it("knows that there is no such name", async () => {
      assert.equal(await failureAt(client, "http://nobody.invalid/"), "connect-failure");
    });

    it("knows a connection that was reset", async () => {
      assert.equal(await withServer((socket) => socket.resetAndDestroy()), "reset");
    });

    it("knows a connection that was closed without an answer", async () => {
      assert.equal(await withServer((socket) => socket.end()), "reset");
    });

    it("knows an answer that isn't HTTP", async () => {
      assert.equal(await withServer((socket) => socket.end("+PONG\r\n")), "reset");
    });
  });
}

describe("failures of undici", () => {
  it("include headers that don't come in time", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const dispatcher = new Agent({ headersTimeout: 1 });
    const error = await request(urlOf(server), { dispatcher }).catch((error) => error);
    assert.equal(error.code, "UND_ERR_HEADERS_TIMEOUT");
    assert.equal(failureOf(error), "reset");
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  });
});

describe("failures", () => {
  const coded = (code: string, syscall?: string) =>
    Object.assign(new Error(code), { code, ...(syscall && { syscall }) });

  it("differ by when they befell the connection", () => {
    assert.equal(failureOf(coded("ETIMEDOUT", "connect")), "connect-failure");
    assert.equal(failureOf(coded("ETIMEDOUT", "read")), "reset");
    assert.equal(failureOf(coded("EHOSTUNREACH", "connect")), "connect-failure");
    assert.equal(failureOf(coded("EHOSTUNREACH", "write")), "reset");
    const both = Object.assign(new AggregateError([coded("ETIMEDOUT", "connect")]), {
      code: "ETIMEDOUT",
    });
    assert.equal(failureOf(both), "connect-failure");
  });

  it("aren't mistakes of the program, nor files that aren't there", () => {
    assert.equal(failureOf(new TypeError("x is not a function")), undefined);
    assert.equal(failureOf(coded("ENOENT", "open")), undefined);
    assert.equal(failureOf("ECONNRESET"), undefined);
    assert.equal(failureOf(undefined), undefined);
  });
});

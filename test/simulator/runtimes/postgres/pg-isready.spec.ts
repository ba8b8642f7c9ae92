import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import {
  answersReady,
  readReadyQuestion,
} from "../../../../micromesh/simulator/runtimes/postgres/pg-isready.ts";

describe("PostgreSQL runtime: pg_isready as a probe", () => {
  const base = { port: 5432, user: "root", database: "root", timeoutMs: 3000 };
  for (const [words, question] of [
    [[], base],
    [["-U", "items", "-d", "shop"], { ...base, user: "items", database: "shop" }],
    [["--username=items"], { ...base, user: "items", database: "items" }],
    [["-h", "localhost", "-p", "6000", "-q", "-t", "1"], { ...base, port: 6000, timeoutMs: 1000 }],
    [["-h127.0.0.1", "-qt0"], { ...base, timeoutMs: undefined }],
    [["-h", "/var/run/postgresql"], base],
    [["-h", "db.items"], undefined],
    [["-d", "postgresql://db/items"], undefined],
    [["-p", "http"], undefined],
    [["--no-such-option"], undefined],
    [["extra"], undefined],
  ] as const) {
    it(`reads ${JSON.stringify(words)}`, () => {
      for (const program of ["pg_isready", "/usr/local/bin/pg_isready"]) {
        assert.deepEqual(readReadyQuestion([program, ...words]), question);
      }
    });
  }

  it("is no other command", () => {
    assert.equal(readReadyQuestion(["psql", "-U", "postgres"]), undefined);
    assert.equal(readReadyQuestion([]), undefined);
  });

  const message = (type: string, body: string) => {
    const head = Buffer.alloc(5);
    head.write(type, "latin1");
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, Buffer.from(body, "latin1")]);
  };
  /** The probe's answer where a server sends these pieces and then does nothing, or closes. */
  async function judged(pieces: Buffer[], { close = false, timeoutMs = 200 } = {}) {
    let asked = Buffer.alloc(0);
    const server = net.createServer(async (socket) => {
      socket.on("error", () => {});
      asked = (await once(socket, "data"))[0];
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      if (close) socket.end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as net.AddressInfo;
    const ready = await answersReady(net.connect(port, "127.0.0.1"), base, timeoutMs);
    server.close();
    return { ready, asked };
  }
  const failure = (code: string) => message("E", `SFATAL\0VFATAL\0C${code}\0Mno\0\0`);

  it("is ready where a server asks for a password", async () => {
    const { ready, asked } = await judged([message("R", "\0\0\0\nSCRAM-SHA-256\0\0")]);
    assert.equal(ready, true);
    assert.equal(asked.readInt32BE(0), asked.length);
    assert.equal(asked.toString("latin1", 8), "user\0root\0database\0root\0\0");
  });

  it("is ready where a server refuses for another reason than that it can't now", async () => {
    assert.equal((await judged([failure("3D000")])).ready, true);
    assert.equal((await judged([failure("53300")])).ready, true);
    assert.equal((await judged([failure("57P03")])).ready, false);
  });

  it("waits for the whole answer", async () => {
    const bytes = [...failure("57P03")].map((byte) => Buffer.of(byte));
    assert.equal((await judged(bytes, { timeoutMs: 2000 })).ready, false);
    const other = [...failure("28000")].map((byte) => Buffer.of(byte));
    assert.equal((await judged(other, { timeoutMs: 2000 })).ready, true);
  });

  it("isn't ready where nothing comes, the connection ends, or it's another server", async () => {
    assert.equal((await judged([])).ready, false);
    assert.equal((await judged([], { close: true })).ready, false);
    assert.equal((await judged([Buffer.from("HTTP/1.1 400 Bad Request\r\n")])).ready, false);
  });
});

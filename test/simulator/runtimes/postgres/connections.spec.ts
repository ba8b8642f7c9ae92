import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import pg from "pg";
import { app, labelsOf, object, until } from "../../declaration.ts";
import { Bed, database, NAMESPACE, PASSWORD, PORT, SUPERUSER } from "./database.ts";

const MEGABYTE = 1 << 20;
const CLIENT = { namespace: NAMESPACE, workload: "client" };

/** Asks the database till it answers. An ordinary program of a pod. */
const SOURCE = `
import pg from ${JSON.stringify(import.meta.resolve("pg"))};
const ask = async () => {
  const { PASSWORD: password } = process.env;
  const client = new pg.Client({ host: "db.items", user: "postgres", database: "postgres", password });
  await client.connect();
  const { rows } = await client.query("select 6 * 7 as answer");
  console.log("answer", rows[0].answer);
};
const again = () => ask().catch(() => setTimeout(again, 100));
again();
setInterval(() => {}, 1 << 30);
`;

/** What the copy of pg's types leaves out: a query that sends rows. */
class CopyIn {
  readonly rows: Generator<Buffer>;
  readonly text: string;
  readonly done: Promise<void>;
  handleError!: (error: Error) => void;
  handleReadyForQuery!: () => void;
  paused = 0;

  constructor(text: string, rows: Generator<Buffer>) {
    this.text = text;
    this.rows = rows;
    this.done = new Promise((resolve, reject) => {
      this.handleReadyForQuery = resolve;
      this.handleError = reject;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: pg's connection, which its types leave out
  submit(connection: any) {
    connection.query(this.text);
  }

  // biome-ignore lint/suspicious/noExplicitAny: as above
  async handleCopyInResponse(connection: any) {
    const stream: net.Socket = connection.stream;
    for (const row of this.rows) {
      connection.sendCopyFromChunk(row);
      if (stream.writableNeedDrain) {
        this.paused++;
        await once(stream, "drain");
      }
    }
    connection.endCopyFrom();
  }

  handleCommandComplete() {}
}

function streamOf(client: pg.Client): net.Socket {
  return (client as unknown as { connection: { stream: net.Socket } }).connection.stream;
}

/** Bytes of a process in memory, 0 where the system doesn't tell. */
function residentOf(pid: number | undefined): number {
  if (process.platform !== "linux") return 0;
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kilobytes) * 1024;
}

describe("PostgreSQL runtime: its connections", function () {
  this.timeout(60_000);
  let bed: Bed;
  const objects = [
    ...database({ args: ["-c", "max_connections=20"] }),
    ...app({
      namespace: NAMESPACE,
      name: "client",
      source: SOURCE,
      env: [{ name: "PASSWORD", value: PASSWORD }],
    }),
  ];

  before(async () => {
    bed = await Bed.start(objects);
    await bed.ready();
  });
  after(() => bed?.stop());

  /** Connections of clients, without the one that asks. */
  const open = async () => {
    const text =
      "select count(*)::int as count from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()";
    return (await bed.query(text)).rows[0].count as number;
  };
  const eventually = async (what: string, look: () => Promise<boolean>) => {
    const end = performance.now() + 10_000;
    while (!(await look())) {
      if (performance.now() > end) throw new Error(`${what}: not within 10 s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  it("serve an ordinary program in another pod by the Service's name", async () => {
    const pod = await until("the client", () =>
      bed.simulator.cluster.statuses.find((p) => p.name.startsWith("client-")),
    );
    await until("an answer", () =>
      bed.simulator.lines.of(`${NAMESPACE}/${pod.name}`).some(({ line }) => line === "answer 42"),
    );
  });

  it("are as many as max_connections allows; the others are told so, and a place that is freed is had again", async () => {
    // The program of the other pod keeps its connection; those that were made before this are to be gone.
    await eventually("one is open", async () => (await open()) === 1);
    const address = await bed.address();
    const clients = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const client = new pg.Client({ ...SUPERUSER, ...address });
        client.on("error", () => {});
        return client.connect().then(
          () => ({ client, refused: undefined }),
          (error) => ({ client, refused: (error.code ?? error.message) as string }),
        );
      }),
    );
    const refusals = clients.flatMap(({ refused }) => refused ?? []);
    // Those that were let in hold their places, whatever is found out here.
    await Promise.all(clients.map(({ client, refused }) => refused ?? client.end()));
    assert.deepEqual([...new Set(refusals)], ["53300"]);
    assert.equal(clients.length - refusals.length, 19);
    await eventually("all are gone", async () => (await open().catch(() => -1)) === 1);
  });

  it("end at the server when their client dies in the middle of a query", async () => {
    const before = await open();
    const client = await bed.client();
    client
      .query("select pg_sleep(0.5), repeat('x', 1000) from generate_series(1, 3)")
      .catch(() => {});
    await eventually("the query", async () => (await open()) === before + 1);
    (
      client as unknown as { connection: { stream: net.Socket } }
    ).connection.stream.resetAndDestroy();
    await eventually("its end", async () => (await open()) === before);
  });

  it("end when a client closes its half before it has said who it is, and when it says nonsense", async () => {
    const before = await open();
    const { host, port } = await bed.address();
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from([0, 0]),
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    ]) {
      const socket = net.connect({ host, port, allowHalfOpen: true });
      socket.on("error", () => {});
      socket.resume();
      socket.end(bytes);
      await once(socket, "close");
    }
    assert.equal(await open(), before);
  });

  it("carry no more than is taken: the rest waits at the server", async () => {
    const client = await bed.client();
    try {
      await client.query("select 1");
      const before = residentOf(bed.status()?.container.pid);
      const reading = client.query(
        "select repeat('x', 65536) as line from generate_series(1, 1600)",
      );
      const stream = streamOf(client);
      await once(stream, "data");
      stream.pause();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const grown = residentOf(bed.status()?.container.pid) - before;
      stream.resume();
      assert.equal((await reading).rows.length, 1600);
      assert.ok(grown < 50 * MEGABYTE, `the pod's process has grown by ${grown} bytes`);
    } finally {
      await client.end();
    }
  });

  it("carry 50 MB in, which holds the client back, and out again", async () => {
    const client = await bed.client();
    try {
      await client.query("create unlogged table bulk (line text)");
      const line = Buffer.from(`${"0123456789abcde\\n".repeat(64 * 64 - 1)}0123456789abcde\n`);
      const size = 50 * MEGABYTE;
      function* rows() {
        for (let sent = 0; sent < size; sent += line.length) yield line;
      }
      const copy = new CopyIn("copy bulk from stdin", rows());
      client.query(copy as unknown as pg.Submittable);
      await copy.done;
      assert.ok(copy.paused > 0, "nothing held the client back");
      const { rows: found } = await client.query(
        "select sum(length(line) + 1)::int as size, count(*)::int as count, count(distinct md5(line))::int as kinds from bulk",
      );
      const count = Math.ceil(size / line.length);
      assert.equal(found[0].count, count);
      assert.equal(found[0].kinds, 1);
      const all = await client.query("select line from bulk");
      const sum = all.rows.reduce((total, row) => total + row.line.length + 1, 0);
      assert.equal(sum, found[0].size);
      assert.ok(sum > size * 0.9);
    } finally {
      await client.end();
    }
  });

  it("are dropped by a NetworkPolicy that lets nobody in, and come about again without it", async () => {
    const policy = object(
      "networking.k8s.io/v1",
      "NetworkPolicy",
      { name: "closed", namespace: NAMESPACE },
      {
        spec: {
          podSelector: { matchLabels: labelsOf("db") },
          policyTypes: ["Ingress"],
          ingress: [],
        },
      },
    );
    const ask = () =>
      bed.simulator.observe(CLIENT, { kind: "tcp", host: `db.${NAMESPACE}`, port: PORT }, 500);
    assert.equal((await ask()).failure, undefined);
    await bed.apply([...objects, policy]);
    await bed.simulator.settled(15_000);
    assert.equal((await ask()).failure, "timeout");
    // The kubelet's probe is let in all the same.
    assert.equal(bed.status()?.ready, true);
    await bed.apply(objects);
    await bed.simulator.settled(15_000);
    assert.equal((await ask()).failure, undefined);
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { object, until } from "../../declaration.ts";
import { Bed, database, NAMESPACE, PASSWORD } from "./database.ts";

const password = { POSTGRES_PASSWORD: PASSWORD };

const SCRIPTS = {
  "2-rows.sql": "insert into items (name) values ('first; \"one\"');",
  "1-schema.sql": `
-- dumped
\\restrict key
create table items (id int generated always as identity, name text);
create function twice(n int) returns int language plpgsql as $$ begin return n * 2; end; $$;
create database other;
`,
  "3-rows.sh": "psql",
  "password.txt": `${PASSWORD}\n`,
};

describe("PostgreSQL runtime: as the image", function () {
  this.timeout(60_000);
  let bed: Bed;

  before(async () => {
    bed = await Bed.start([
      ...database({ name: "plain", env: { ...password, POSTGRES_DB: 'my "items"' } }),
      ...database({
        name: "scripted",
        env: {
          POSTGRES_USER: "items",
          POSTGRES_PASSWORD_FILE: "/docker-entrypoint-initdb.d/password.txt",
        },
        scripts: SCRIPTS,
      }),
      ...database({
        name: "broken",
        env: password,
        scripts: { "a.sql": "select 1;\n\nselect nothing\nfrom nowhere;" },
      }),
      ...database({ name: "nameless", env: { POSTGRES_DB: "items" } }),
      ...database({ name: "trusting", env: { POSTGRES_HOST_AUTH_METHOD: "trust" } }),
      ...database({ name: "mistaken", env: password, args: ["-c", "max_connections=lots"] }),
      ...database({
        name: "tuned",
        env: { ...password, POSTGRES_INITDB_ARGS: "--data-checksums --locale=C" },
        args: [
          "postgres",
          "-c",
          "max_connections=33",
          "--work-mem=8MB",
          "-cssl=on",
          "-c",
          "fsync=off",
        ],
      }),
      object(
        "v1",
        "ConfigMap",
        { name: "settings", namespace: NAMESPACE },
        {
          data: {
            "postgresql.conf": "listen_addresses = '*'\nwork_mem = 9MB\n",
            "pg_hba.conf": "host all postgres all scram-sha-256\nhost all all 10.1.2.3/32 trust\n",
          },
        },
      ),
      ...database({
        name: "configured",
        env: password,
        scripts: { "a.sql": `create user guest password '${PASSWORD.replaceAll("'", "''")}';` },
        args: ["-c", "config_file=/etc/pg/postgresql.conf", "-c", "hba_file=/etc/pg/pg_hba.conf"],
        mounts: [{ name: "settings", configMap: "settings", mountPath: "/etc/pg" }],
      }),
      ...database({ name: "private", env: password, args: ["-c", "listen_addresses=localhost"] }),
    ]);
    const ready = ["plain", "scripted", "trusting", "tuned", "configured", "private"];
    await Promise.all(ready.map((name) => bed.ready(name)));
  });
  after(() => bed?.stop());

  const ended = async (name: string) => {
    await until(`${name} ended`, () => bed.status(name)?.container.lastExit);
    return bed.status(name)?.container.lastExit?.code;
  };
  const failsWith = (code: string, config: object, name = "plain") =>
    assert.rejects(bed.query("select 1", config, name), { code });

  it("is PostgreSQL 17 in UTF-8 and UTC, durable", async () => {
    const { rows } = await bed.query(
      "select current_setting('server_version') as version, current_setting('fsync') as fsync, current_setting('server_encoding') as encoding, current_setting('TimeZone') as zone",
      {},
      "plain",
    );
    const [{ version, ...rest }] = rows;
    assert.match(version, /^17\./);
    assert.deepEqual(rest, { fsync: "on", encoding: "UTF8", zone: "Etc/UTC" });
  });

  it("asks for the password by SCRAM", async () => {
    const { host, port } = await bed.address("plain");
    const socket = net.connect(port, host);
    const parts = Buffer.from("user\0postgres\0\0");
    const head = Buffer.alloc(8);
    head.writeInt32BE(8 + parts.length, 0);
    head.writeInt32BE(3 << 16, 4);
    socket.write(Buffer.concat([head, parts]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    socket.destroy();
    assert.equal(answer.toString("latin1", 0, 1), "R");
    assert.equal(answer.readInt32BE(5), 10);
    assert.match(answer.toString("latin1"), /SCRAM-SHA-256/);
  });

  it("tells a wrong password, user and database apart", async () => {
    await failsWith("28P01", { password: "wrong" });
    await failsWith("28P01", { user: "nobody" });
    await failsWith("3D000", { database: "nothing" });
  });

  it("makes the database that is named", async () => {
    const { rows } = await bed.query(
      "select current_database() as name",
      { database: 'my "items"' },
      "plain",
    );
    assert.deepEqual(rows, [{ name: 'my "items"' }]);
  });

  it("runs mounted scripts in order, as the user and in the database of its name", async () => {
    const config = { user: "items", database: "items" };
    const { rows } = await bed.query("select name, twice(id) from items", config, "scripted");
    assert.deepEqual(rows, [{ name: 'first; "one"', twice: 2 }]);
    await bed.query("select 1", { ...config, database: "other" }, "scripted");
    const log = bed.log("scripted");
    assert.match(log, /3-rows\.sh isn't run: the simulator runs \.sql and \.sql\.gz only/);
    assert.match(log, /ignoring .*password\.txt/);
    assert.match(log, /PostgreSQL init process complete; ready for start up\./);
  });

  it("ends as psql does where a script fails, and says where", async () => {
    assert.equal(await ended("broken"), 3);
    assert.match(
      bed.log("broken"),
      /psql:\/docker-entrypoint-initdb\.d\/a\.sql:4: ERROR: {2}relation "nowhere" does not exist/,
    );
  });

  it("doesn't start without a password, in the image's words", async () => {
    assert.equal(await ended("nameless"), 1);
    assert.match(
      bed.log("nameless"),
      /^Error: Database is uninitialized and superuser password is not specified\.$/m,
    );
  });

  it("trusts whoever comes if told so, and warns of it", async () => {
    await bed.query("select 1", { password: "anything" }, "trusting");
    assert.match(bed.log("trusting"), /WARNING: {2}POSTGRES_HOST_AUTH_METHOD is "trust"/);
  });

  it("leaves a bad setting to the server to refuse", async () => {
    assert.equal(await ended("mistaken"), 1);
    assert.match(bed.log("mistaken"), /invalid value for parameter "max_connections": "lots"/);
  });

  it("honours settings and initdb's arguments, and warns of what has no effect", async () => {
    const { rows } = await bed.query(
      "select name, setting from pg_settings where name in ('max_connections', 'work_mem', 'data_checksums', 'fsync') order by name",
      {},
      "tuned",
    );
    assert.deepEqual(
      rows.map(({ name, setting }) => `${name}=${setting}`),
      ["data_checksums=on", "fsync=off", "max_connections=33", "work_mem=8192"],
    );
    const locale = await bed.query(
      "select datcollate from pg_database where datname = 'postgres'",
      {},
      "tuned",
    );
    assert.deepEqual(locale.rows, [{ datcollate: "C" }]);
    assert.match(bed.log("tuned"), /WARNING: {2}ssl has no effect/);
  });

  it("reads mounted configuration files, and lets in whom they let in", async () => {
    const { rows } = await bed.query("show work_mem", {}, "configured");
    assert.deepEqual(rows, [{ work_mem: "9MB" }]);
    await failsWith("28000", { user: "guest" }, "configured");
    assert.match(bed.log("configured"), /'host all all 10\.1\.2\.3\/32 trust' has no effect/);
  });

  it("listens where it's told to: pg_isready in the pod finds it, others don't", async () => {
    await assert.rejects(bed.query("select 1", {}, "private"));
    assert.equal(bed.status("private")?.ready, true);
    assert.match(bed.log("private"), /listening on address "localhost", port 5432/);
  });

  it("doesn't listen on this machine itself", async () => {
    const { rows } = await bed.query(
      "select inet_server_addr() as own, client_addr as client from pg_stat_activity where pid = pg_backend_pid()",
      {},
      "plain",
    );
    assert.deepEqual(rows, [{ own: null, client: null }]);
  });
});

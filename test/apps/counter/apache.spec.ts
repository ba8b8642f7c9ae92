import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { freePort, has, Started, write } from "./servers.ts";

const conf = readFileSync(
  new URL("../../../apps/counter/apache/httpd.conf", import.meta.url),
  "utf8",
);
/** Where distributions keep Apache's modules. */
const modules = ["/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2"];

interface Answer {
  status?: number;
  location?: string;
  body: string;
}

/** The lab's httpd.conf, run by a real Apache between a client and two back ends. */
describe("counter: Apache's config", () => {
  const program = ["apache2", "httpd"].find((name) => has(name, "-v"));
  const moduleDirectory = modules.find((path) => existsSync(path));
  const started = new Started();
  let seen: IncomingMessage[];
  let port: number;

  before(function () {
    if (!program || !moduleDirectory) this.skip();
  });
  beforeEach(() => {
    seen = [];
  });
  afterEach(() => started.stop());

  const backend = (name: string) =>
    started.listen(
      createServer((req, res) => {
        seen.push(req);
        if (req.url === "/") res.writeHead(302, { location: "/get" });
        if (req.url === "/denied") res.writeHead(403);
        res.end(`${name} ${req.method} ${req.url}`);
      }),
    );

  /** The config as it stands, but for the addresses and directories of this test. */
  async function apache(app: number, redisHttp: number): Promise<void> {
    const directory = started.directory();
    symlinkSync(moduleDirectory as string, join(directory, "modules"));
    port = await freePort();
    const log = write(directory, "log", "");
    // Started by root, as in a container of CI, it must be told whom its children run as.
    const user = process.getuid?.() === 0 ? "\nUser #65534\nGroup #65534" : "";
    const text = conf
      .replace("/usr/local/apache2", directory)
      .replace("Listen 8080", `Listen 127.0.0.1:${port}${user}`)
      .replace("logs/httpd.pid", join(directory, "pid"))
      .replace("/proc/self/fd/1", log)
      .replace("/proc/self/fd/2", log)
      .replaceAll("app-svc.c-app-count.svc.cluster.local", `127.0.0.1:${app}`)
      .replaceAll("redis-http.d-redis.svc.cluster.local:7379", `127.0.0.1:${redisHttp}`);
    const file = write(directory, "httpd.conf", text);
    const child = started.process(program as string, ["-DFOREGROUND", "-f", file]);
    started.add(() => child.stop("SIGTERM"));
    const deadline = Date.now() + 10_000;
    while ((await ask("/healthz").catch(() => ({ status: 0 }))).status !== 204) {
      if (Date.now() > deadline) throw new Error(child.output + readFileSync(log, "utf8"));
    }
  }

  function ask(path: string, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { host: "pippo.lan" };
      const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
        let body = "";
        response.on("data", (data) => {
          body += data;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode, location: response.headers.location, body }),
        );
      });
      sent.on("error", reject).end();
    });
  }

  it("sends /count/ to the app and /redis/ to the front, each under its own name", async () => {
    const [app, front] = [await backend("app"), await backend("front")];
    await apache(app, front);
    assert.equal((await ask("/count/get")).body, "app GET /get");
    assert.equal((await ask("/count/get?a=1&b=%20")).body, "app GET /get?a=1&b=%20");
    assert.equal((await ask("/redis/GET/time")).body, "front GET /GET/time");
    assert.deepEqual(
      seen.map((req) => [req.headers.host, req.headers["x-forwarded-host"]]),
      [
        [`127.0.0.1:${app}`, "pippo.lan"],
        [`127.0.0.1:${app}`, "pippo.lan"],
        [`127.0.0.1:${front}`, "pippo.lan"],
      ],
    );
  });

  it("brings the app's redirect back under /count/", async () => {
    await apache(await backend("app"), await backend("front"));
    const { status, location } = await ask("/count/");
    assert.deepEqual([status, location], [302, "http://pippo.lan/count/get"]);
  });

  it("adds the slash that a root lacks", async () => {
    await apache(await backend("app"), await backend("front"));
    const { status, location } = await ask("/count");
    assert.deepEqual([status, location], [301, "http://pippo.lan/count/"]);
    assert.equal((await ask("/redis")).location, "http://pippo.lan/redis/");
  });

  it("lets only GET and HEAD through to Redis", async () => {
    await apache(await backend("app"), await backend("front"));
    for (const method of ["POST", "PUT", "DELETE"]) {
      assert.equal((await ask("/redis/GET/time", method)).status, 403, method);
    }
    assert.equal(seen.length, 0);
    assert.equal((await ask("/redis/GET/time", "HEAD")).status, 200);
    assert.equal((await ask("/count/get", "POST")).body, "app POST /get");
  });

  it("passes a back end's refusal on as it is", async () => {
    await apache(await backend("app"), await backend("front"));
    const { status, body } = await ask("/redis/denied");
    assert.deepEqual([status, body], [403, "front GET /denied"]);
  });

  it("knows nothing else", async () => {
    await apache(await backend("app"), await backend("front"));
    assert.equal((await ask("/")).status, 404);
    assert.equal((await ask("/counter/get")).status, 404);
    assert.equal((await ask("http://example.com/count/get")).body, "app GET /get");
  });

  it("answers 503 for a dead back end, and asks it anew each time", async () => {
    const dead = await freePort();
    await apache(await backend("app"), dead);
    const { status, body } = await ask("/redis/PING");
    assert.equal(status, 503);
    assert.match(body, /Service Unavailable/);
    // Its other back end and its own health have no part in it.
    assert.equal((await ask("/count/get")).status, 200);
    assert.equal((await ask("/healthz")).status, 204);
    await started.listen(
      createServer((_, res) => res.end("back")),
      dead,
    );
    assert.equal((await ask("/redis/PING")).body, "back");
  });

  it("opens a connection for each request, so that a policy counts at once", async () => {
    let connections = 0;
    const server = createServer((_, res) => res.end("ok"));
    server.on("connection", () => {
      connections += 1;
    });
    await apache(await started.listen(server), await backend("front"));
    for (let i = 0; i < 3; i++) await ask("/count/get");
    assert.equal(connections, 3);
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import type net from "node:net";
import {
  type HeaderLines,
  headerValue,
} from "../../../../micromesh/simulator/runtimes/reverse-proxy.ts";
import { unanswering } from "../reverse-proxy/full-backlog.ts";
import {
  ask,
  type Backends,
  bundle,
  freePort,
  type Running,
  startBackends,
  startOurs,
} from "./harness.ts";

/** The counter lab's own, with the back ends' addresses put in. */
const LAB = (to: { app: string; redis: string }) => `
ServerName pippo.lan
ErrorLog /proc/self/fd/2
LogFormat "%h \\"%r\\" %>s %B" lab
CustomLog /proc/self/fd/1 lab
ServerTokens Prod
ProxyRequests Off
<Proxy "http://${to.app}">
  ProxySet connectiontimeout=1 timeout=2 retry=0 disablereuse=On
</Proxy>
<VirtualHost *:PORT>
  ServerName pippo.lan
  ProxyPass /count/ http://${to.app}/ connectiontimeout=1 timeout=2 retry=0
  ProxyPassReverse /count/ http://${to.app}/
  ProxyPassReverse /count/ /
  RewriteEngine On
  RewriteCond %{REQUEST_METHOD} !^(GET|HEAD)$
  RewriteRule ^/redis/ - [F]
  RewriteRule ^/redis/(.*)$ http://${to.redis}/$1 [P,L]
  RewriteRule ^/?$ /count/ [R,L]
</VirtualHost>`;

describe("httpd as a process", function () {
  this.timeout(20_000);
  let backends: Backends;
  const started: Running[] = [];

  beforeEach(async () => {
    backends = await startBackends();
  });

  afterEach(async () => {
    for (const each of started.splice(0)) await each.stop("SIGKILL");
    await backends.stop();
  });

  const echo = () => `127.0.0.1:${backends.echo}`;

  async function start(body: string): Promise<Running> {
    const server = await startOurs(body);
    started.push(server);
    return server;
  }

  async function until(condition: () => boolean, what: () => string) {
    for (let tries = 0; tries < 150 && !condition(); tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(condition(), what());
  }

  const host = { Host: "pippo.lan" };

  it("runs the counter lab's configuration", async () => {
    const server = await start(LAB({ app: echo(), redis: echo() }));
    await ask(server.port, { path: "/count/get?x=1", headers: host });
    await ask(server.port, { path: "/redis/GET/time", headers: host });
    assert.deepEqual(
      backends.seen.map(({ method, url }) => [method, url]),
      [
        ["GET", "/get?x=1"],
        ["GET", "/GET/time"],
      ],
    );
    assert.equal(headerValue(backends.seen[0]?.headers as HeaderLines, "host"), echo());
    const root = await ask(server.port, { path: "/", headers: host });
    assert.deepEqual(
      [root.status, headerValue(root.headers, "location"), headerValue(root.headers, "server")],
      [302, "http://pippo.lan/count/", "Apache"],
    );
    const answer = { "X-Answer": JSON.stringify({ status: 302, headers: { Location: "/get" } }) };
    const back = await ask(server.port, { path: "/count/", headers: { ...host, ...answer } });
    assert.equal(headerValue(back.headers, "location"), "http://pippo.lan/count/get");
    const post = await ask(server.port, { path: "/redis/SET/x/1", method: "POST", headers: host });
    assert.equal(post.status, 403);
  });

  it("writes its logs to its own streams", async () => {
    const server = await start(LAB({ app: echo(), redis: `127.0.0.1:${backends.refused}` }));
    await ask(server.port, { path: "/count/get", headers: host });
    await ask(server.port, { path: "/redis/x", headers: host });
    const wanted = [
      '127.0.0.1 "GET /count/get HTTP/1.1" 200 4\n',
      '127.0.0.1 "GET /redis/x HTTP/1.1" 503 339\n',
    ];
    await until(() => wanted.every((line) => server.output().includes(line)), server.output);
    assert.match(
      server.output(),
      /^\[\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d\.\d{6} \d{4}\] \[proxy:error\] \[pid \d+:tid \d+\] \(111\)Connection refused: \[client 127\.0\.0\.1:\d+\] AH00957: http: attempt to connect to 127\.0\.0\.1:\d+ \(127\.0\.0\.1:\d+\) failed$/m,
    );
    assert.match(
      server.output(),
      /AH01114: HTTP: failed to make connection to backend: 127\.0\.0\.1/,
    );
  });

  it("answers 503 when a back end doesn't take the connection in time", async function () {
    const silent = await unanswering();
    if (!silent) return this.skip();
    const server = await start(LAB({ app: `127.0.0.1:${silent.port}`, redis: echo() }));
    const before = performance.now();
    const got = await ask(server.port, { path: "/count/get", headers: host });
    const took = performance.now() - before;
    silent.stop();
    assert.equal(got.status, 503);
    assert.ok(took > 900 && took < 1900, `${took} ms`);
    assert.match(server.output(), /\(110\)Connection timed out: /);
  });

  it("reads timeouts from <Proxy>, ProxyTimeout and Timeout", async () => {
    const server = await start(`
Timeout 1
ProxyPass /own/ http://127.0.0.1:${backends.hang}/ timeout=300ms
RewriteEngine On
RewriteRule ^/none/(.*)$ http://127.0.0.1:${backends.hang}/$1 [P]`);
    const timed = async (path: string) => {
      const before = performance.now();
      const { status } = await ask(server.port, { path });
      return [status, Math.round((performance.now() - before) / 300)];
    };
    assert.deepEqual(await timed("/own/x"), [502, 1]);
    const other = await start(`ProxyTimeout 600ms
RewriteEngine On
RewriteRule ^/(.*)$ http://127.0.0.1:${backends.hang}/$1 [P]`);
    const before = performance.now();
    assert.equal((await ask(other.port, { path: "/x" })).status, 502);
    assert.ok(performance.now() - before < 1000);
  });

  it("keeps connections to a worker's back end, and none where reuse is off or nobody defined one", async () => {
    const server = await start(`
ProxyPass /kept/ http://${echo()}/kept/
ProxyPass /single/ http://${echo()}/single/ disablereuse=on
RewriteEngine On
RewriteRule ^/rewritten/(.*)$ http://${echo()}/other/$1 [P]`);
    for (const path of ["/kept/x", "/single/x", "/rewritten/x"]) await ask(server.port, { path });
    assert.deepEqual(
      backends.seen.map(({ headers }) => headerValue(headers, "connection")),
      ["Keep-Alive", "close", "close"],
    );
  });

  it("passes a big body through both ways", async () => {
    const server = await start(`ProxyPass / http://${echo()}/`);
    const body = "x".repeat(2_000_000);
    const answer = { "X-Answer": JSON.stringify({ body: "y".repeat(9000) }) };
    const got = await ask(server.port, { path: "/", method: "POST", body, headers: answer });
    assert.equal(backends.seen[0]?.body, body);
    assert.equal(got.body.length, 9000);
  });

  for (const signal of ["SIGTERM", "SIGWINCH"] as const)
    it(`finishes the request under way on ${signal}, takes no other, and ends with 0`, async () => {
      const slow = http.createServer((_request, response) =>
        setTimeout(() => response.end("late"), 500),
      );
      slow.listen(0, "127.0.0.1");
      await once(slow, "listening");
      const { port } = slow.address() as net.AddressInfo;
      const server = await start(`ProxyPass / http://127.0.0.1:${port}/`);
      const idle = new http.Agent({ keepAlive: true });
      const under = ask(server.port, { path: "/" }, idle);
      await new Promise((resolve) => setTimeout(resolve, 150));
      const ended = server.stop(signal);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal((await ask(server.port, { path: "/" })).broken, true);
      const got = await under;
      assert.deepEqual([got.body, headerValue(got.headers, "connection")], ["late", "close"]);
      assert.equal(await ended, 0);
      assert.match(server.output(), /^(?!.*AH00491)/s);
      idle.destroy();
      slow.close();
    });

  it("tells what it read and doesn't do", async () => {
    const server = await start("ErrorLog /dev/stderr\nAddDefaultCharset utf-8\nStartServers 3");
    await until(() => server.output().includes("AH00094"), server.output);
    assert.match(server.output(), /AddDefaultCharset \(line \d+ of .*\) has no effect/);
    assert.doesNotMatch(server.output(), /StartServers/);
  });

  describe("that can't start", () => {
    async function run(...args: string[]) {
      const child = spawn(process.execPath, [await bundle(), ...args]);
      let said = "";
      child.stderr.on("data", (chunk) => {
        said += chunk;
      });
      const [code] = await once(child, "close");
      return { code, said };
    }

    it("says which port is taken", async () => {
      const first = await start("ServerName x");
      const { code, said } = await run("httpd", "-f", `${first.directory}/httpd.conf`);
      assert.equal(code, 1);
      assert.equal(
        said,
        `(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:${first.port}\n` +
          "no listening sockets available, shutting down\nAH00015: Unable to open logs\n",
      );
    });

    it("says which file is missing", async () => {
      const { code, said } = await run("httpd-foreground", "-f", "/no/such.conf");
      assert.equal(code, 1);
      assert.match(said, /Could not open configuration file \/no\/such\.conf: No such file/);
    });

    it("says which option it doesn't have", async () => {
      const { code, said } = await run("httpd", "-Z");
      assert.deepEqual([code, /illegal option -- -Z/.test(said)], [1, true]);
    });

    it("says that there is no MPM, and no port", async () => {
      const file = `${fs.mkdtempSync("/tmp/httpd-none-")}/httpd.conf`;
      fs.writeFileSync(file, "ServerName x\n");
      assert.match((await run("httpd", "-f", file)).said, /AH00534: .*No MPM loaded/);
      fs.writeFileSync(file, "ServerName x\nLoadModule mpm_event_module m.so\n");
      assert.match((await run("httpd", "-f", file)).said, /no listening sockets available/);
      fs.rmSync(file.replace("/httpd.conf", ""), { recursive: true });
    });

    it("says when a log can't be opened", async () => {
      const directory = fs.mkdtempSync("/tmp/httpd-log-");
      const text = `ServerName x\nLoadModule mpm_event_module m.so\nListen 127.0.0.1:${await freePort()}\nErrorLog ${directory}/absent/log\n`;
      fs.writeFileSync(`${directory}/httpd.conf`, text);
      const { code, said } = await run("httpd", "-f", `${directory}/httpd.conf`);
      fs.rmSync(directory, { recursive: true });
      assert.equal(code, 1);
      assert.match(said, /\(2\)No such file or directory: AH00091: /);
    });
  });
});

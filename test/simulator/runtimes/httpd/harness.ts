import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { compileConfig } from "../../../../micromesh/simulator/runtimes/httpd/compile.ts";
import { configFiles } from "../../../../micromesh/simulator/runtimes/httpd/config-files.ts";
import { ConfigError } from "../../../../micromesh/simulator/runtimes/httpd/source.ts";
import { readConfig } from "../../../../micromesh/simulator/runtimes/httpd/syntax.ts";
import {
  type HeaderLines,
  headerLines,
} from "../../../../micromesh/simulator/runtimes/reverse-proxy.ts";

/** What the echoing backend was asked. */
export interface Seen {
  method: string;
  url: string;
  headers: HeaderLines;
  body: string;
}

export interface Backends {
  echo: number;
  /** Accepts and never answers. */
  hang: number;
  /** Accepts, reads, closes. */
  close: number;
  /** Sends a head and half of the body it announced, then closes. */
  half: number;
  /** Nothing listens there. */
  refused: number;
  seen: Seen[];
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export async function startBackends(): Promise<Backends> {
  const seen: Seen[] = [];
  const open = new Set<net.Socket>();
  const echo = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const headers = headerLines(request.rawHeaders);
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers, body });
      const wish = JSON.parse(request.headers["x-answer"]?.toString() ?? "{}");
      response.writeHead(wish.status ?? 200, wish.headers ?? { "Content-Type": "text/plain" });
      response.end(wish.body ?? "echo");
    });
  });
  const hang = net.createServer(() => {});
  const close = net.createServer((socket) => socket.on("data", () => socket.destroy()));
  const half = net.createServer((socket) =>
    socket.on("data", () =>
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/plain\r\n\r\nhalf"),
    ),
  );
  const servers = [echo, hang, close, half];
  const ports: number[] = [];
  for (const server of servers) {
    server.on("connection", (socket: net.Socket) => {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => open.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ports.push((server.address() as net.AddressInfo).port);
  }
  return {
    echo: ports[0] as number,
    hang: ports[1] as number,
    close: ports[2] as number,
    half: ports[3] as number,
    refused: await freePort(),
    seen,
    async stop() {
      for (const socket of open) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}

export interface Running {
  port: number;
  directory: string;
  output(): string;
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

let bundled: Promise<string> | undefined;

/** The runtime as the simulator ships it: one file. */
export function bundle(): Promise<string> {
  bundled ??= (async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "httpd-bundle-"));
    const outfile = path.join(directory, "httpd.mjs");
    await build({
      entryPoints: [
        new URL("../../../../micromesh/simulator/runtimes/httpd/main.ts", import.meta.url).pathname,
      ],
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
    });
    process.on("exit", () => fs.rmSync(directory, { recursive: true, force: true }));
    return outfile;
  })();
  return bundled;
}

const OURS =
  "mpm_event authz_core authz_host log_config unixd proxy proxy_http rewrite headers alias env setenvif dir mime status";
const REAL =
  "mpm_event authz_core authz_host proxy proxy_http rewrite headers alias env setenvif dir mime status";

/** Head of a configuration with the modules that all tests use. */
function loadOurs(): string[] {
  return OURS.split(" ").map((name) => `LoadModule ${name}_module modules/mod_${name}.so`);
}

function loadReal(): string[] {
  const found = execFileSync("find", ["/usr/lib", "-name", "mod_rewrite.so"]).toString().trim();
  return REAL.split(" ").map(
    (name) => `LoadModule ${name}_module ${path.dirname(found)}/mod_${name}.so`,
  );
}

export interface Checked {
  code: number | null;
  /** What was said, with names of program, files and lines made alike. */
  said: string;
}

/** A configuration file that ends in `text`, and how to make reports about it comparable. */
function configurationFile(head: string[], text: string) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "httpd-check-"));
  const file = path.join(directory, "httpd.conf");
  const own = [`ServerRoot ${directory}`, "ServerName x", "Listen 127.0.0.1:80"];
  const lines = [...own, "ErrorLog error.log", ...head, ""];
  fs.writeFileSync(file, lines.join("\n") + text);
  const done = (code: number | null, said: string): Checked => {
    fs.rmSync(directory, { recursive: true, force: true });
    const alike = said
      .replaceAll(directory, "DIRECTORY")
      .replace(/^(?:apache2|httpd): /gm, "PROGRAM: ")
      .replace(
        /(on line |conf:)(\d+)/g,
        (_all, before, line) => `${before}${Number(line) - lines.length + 1}`,
      );
    return { code, said: alike };
  };
  return { file, done };
}

/** What `httpd -t` says of a configuration with `text` at its end. */
export function checkOurs(text: string): Checked {
  const { file, done } = configurationFile(loadOurs(), text);
  try {
    compileConfig(readConfig(file, configFiles));
    return done(0, "Syntax OK\n");
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return done(1, `${error.report()}\n`);
  }
}

export async function checkApache(text: string): Promise<Checked> {
  const { file, done } = configurationFile(["DefaultRuntimeDir .", ...loadReal()], text);
  const child = spawn(apacheBinary() as string, ["-t", "-f", file]);
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return done(code, said);
}

/** Runs the body of a configuration in this runtime. `PORT` in it is the port. */
export async function startOurs(body: string): Promise<Running> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "httpd-ours-"));
  const port = await freePort();
  const head = [`ServerRoot ${directory}`, `Listen 127.0.0.1:${port}`, ...loadOurs()];
  const file = writeConfig(directory, head, body, port);
  const child = spawn(process.execPath, [await bundle(), "httpd-foreground", "-f", file]);
  return await running(child, port, directory);
}

/** The oldest httpd whose words these are: earlier ones write another DOCTYPE. */
const OLDEST = 71;

/** A real Apache httpd to compare with, if there is one of that age. */
export function apacheBinary(): string | undefined {
  return ["/usr/sbin/apache2", "/usr/sbin/httpd"].find((file) => {
    if (!fs.existsSync(file)) return false;
    const version = execFileSync(file, ["-v"]).toString();
    return Number(/Apache\/2\.4\.(\d+)/.exec(version)?.[1] ?? 0) >= OLDEST;
  });
}

export async function startApache(body: string): Promise<Running> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "httpd-real-"));
  const binary = apacheBinary() as string;
  const port = await freePort();
  const head = [
    `ServerRoot ${directory}`,
    `DefaultRuntimeDir ${directory}`,
    `PidFile ${directory}/pid`,
    `Listen 127.0.0.1:${port}`,
    ...loadReal(),
    "StartServers 1",
    "ThreadsPerChild 25",
    "MaxRequestWorkers 25",
    "ServerLimit 1",
    ...(process.getuid?.() === 0 ? ["User www-data", "Group www-data"] : []),
  ];
  fs.chmodSync(directory, 0o755);
  const file = writeConfig(directory, head, body, port);
  return await running(spawn(binary, ["-f", file, "-D", "FOREGROUND"]), port, directory);
}

function writeConfig(directory: string, head: string[], body: string, port: number): string {
  fs.mkdirSync(path.join(directory, "htdocs/sub"), { recursive: true });
  fs.writeFileSync(path.join(directory, "htdocs/index.html"), "<p>index</p>\n");
  fs.writeFileSync(path.join(directory, "htdocs/page.txt"), "page\n");
  fs.writeFileSync(path.join(directory, "htdocs/sub/index.html"), "<p>sub</p>\n");
  fs.writeFileSync(path.join(directory, "mime.types"), "text/html html\ntext/plain txt\n");
  const file = path.join(directory, "httpd.conf");
  const text = [
    ...head,
    `DocumentRoot ${directory}/htdocs`,
    "ErrorLog error.log",
    "TypesConfig mime.types",
    body,
  ].join("\n");
  fs.writeFileSync(file, text.replaceAll("PORT", String(port)).replaceAll("DIRECTORY", directory));
  return file;
}

async function running(child: ChildProcess, port: number, directory: string): Promise<Running> {
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output += chunk;
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode === null) child.kill(signal);
    const [code] = await exited;
    fs.rmSync(directory, { recursive: true, force: true });
    return code;
  };
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null) {
      const log = path.join(directory, "error.log");
      const errors = fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "";
      throw new Error(`exited with ${child.exitCode}: ${output}${errors}`);
    }
    if (await listening(port)) return { port, directory, output: () => output, stop };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop("SIGKILL");
  throw new Error(`did not listen: ${output}`);
}

function listening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

export interface Answer {
  status: number;
  reason: string;
  headers: HeaderLines;
  body: string;
  /** The connection ended before the response was whole. */
  broken: boolean;
}

export interface Ask {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** One request on a connection of its own (or the agent's); never throws for a broken answer. */
export function ask(port: number, wanted: Ask, agent?: http.Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const lost: Answer = { status: 0, reason: "", headers: [], body: "", broken: true };
    const request = http.request({
      host: "127.0.0.1",
      port,
      method: wanted.method ?? "GET",
      path: wanted.path,
      headers: wanted.headers,
      agent: agent ?? false,
    });
    request.on("error", () => resolve(lost));
    request.on("response", (response) => {
      let body = "";
      const whole = (broken: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          reason: response.statusMessage ?? "",
          headers: headerLines(response.rawHeaders),
          body,
          broken,
        });
      response.setEncoding("latin1");
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("error", () => whole(true));
      response.on("end", () => whole(!response.complete));
    });
    request.end(wanted.body);
  });
}

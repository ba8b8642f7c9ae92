import fs from "node:fs";
import net from "node:net";
import type { Case } from "./cases.ts";
import { type Answer, type Ask, ask, type Backends, type Running, type Seen } from "./harness.ts";

/** What a client is told and the backend asked, with ports and directories given names. */
export async function view(server: Running, backends: Backends, each: Case) {
  const fill = (text: string) =>
    text
      .replaceAll("PORT", String(server.port))
      .replaceAll("ECHO", String(backends.echo))
      .replaceAll("NOW", new Date().toUTCString());
  const headers = Object.fromEntries(
    Object.entries({ Host: each.host ?? "pippo.lan", Connection: "close", ...each.headers }).map(
      ([name, value]) => [name, fill(value)],
    ),
  );
  backends.seen.length = 0;
  const got = await ask(server.port, { ...each, headers });
  return neutral(server, backends, shown(got), backends.seen.map(seenBy));
}

/** The access log's line for a request. */
export async function logged(server: Running, wanted: Ask): Promise<string> {
  const file = `${server.directory}/access.log`;
  const before = fs.readFileSync(file, "utf8").length;
  const headers = { Host: "log.test", Connection: "close", ...wanted.headers };
  await ask(server.port, { ...wanted, headers });
  for (let tries = 0; tries < 100; tries++) {
    const text = fs.readFileSync(file, "utf8").slice(before);
    if (text.endsWith("\n")) return text.replaceAll(String(server.port), "PORT");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return "";
}

/** Status lines and headers of what comes back on one connection, and whether it was closed. */
export async function converse(server: Running, pieces: string[]): Promise<unknown> {
  const socket = net.connect(server.port, "127.0.0.1");
  let text = "";
  let closed = false;
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("close", () => {
    closed = true;
  });
  socket.on("error", () => {});
  let answered = 0;
  for (const piece of pieces) {
    socket.write(piece);
    answered += piece.match(/ HTTP\/1\.\d\r\n/g)?.length ?? 1;
    for (let tries = 0; tries < 60 && !closed && heads(text).length < answered; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let tries = 0; tries < 20 && !closed; tries++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const seen = { heads: heads(text), closed };
  socket.destroy();
  return seen;
}

function heads(text: string): string[][] {
  return [...text.matchAll(/(HTTP\/1\.\d \d{3}[^\r]*)\r\n((?:[^\r\n]+\r\n)*)\r\n/g)].map(
    (found) => {
      const lines = (found[2] as string).split("\r\n").filter((line) => line !== "");
      const ignored = /^(?:server|date|etag|last-modified|accept-ranges|transfer-encoding):/i;
      const kept = lines.filter((line) => !ignored.test(line)).map((line) => line.toLowerCase());
      return [found[1] as string, ...kept.sort()];
    },
  );
}

/** Ports and directories differ from run to run, and nothing else may. */
function neutral(server: Running, to: Backends, ...parts: unknown[]): unknown {
  const ports = { PORT: server.port, ...to, seen: 0, stop: 0 } as Record<string, unknown>;
  let text = JSON.stringify(parts).replaceAll(server.directory, "DIRECTORY");
  for (const [name, port] of Object.entries(ports))
    if (typeof port === "number" && port > 0)
      text = text.replaceAll(String(port), name.toUpperCase());
  return JSON.parse(text);
}

/** What a client can tell; Server names the build, Date and validators are each server's own. */
function shown(got: Answer) {
  const ignored = /^(?:server|date|etag|last-modified|accept-ranges|transfer-encoding)$/i;
  const headers = got.headers
    .filter(([name, value]) => !ignored.test(name) || value === "backend/1")
    .map(([name, value]) => {
      // The order of methods changes from one start of the real httpd to the next.
      const stable = /^allow$/i.test(name) ? value.split(",").sort().join(",") : value;
      return `${name.toLowerCase()}: ${stable}`;
    })
    .sort();
  return { status: got.status, reason: got.reason, broken: got.broken, headers, body: got.body };
}

function seenBy(seen: Seen) {
  const headers = seen.headers
    .filter(([name]) => name.toLowerCase() !== "x-answer")
    .map(([name, value]) => `${name.toLowerCase()}: ${value}`)
    .sort();
  return { method: seen.method, url: seen.url, body: seen.body, headers };
}

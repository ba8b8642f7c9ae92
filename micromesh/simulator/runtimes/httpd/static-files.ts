import fs from "node:fs";
import type { HeaderLines } from "../reverse-proxy.ts";
import type { FileFacts } from "./rewrite-state.ts";

/** What the file system says of a path; undefined if nothing is there. Bytes as in the URL. */
export function fileFacts(path: string): FileFacts | undefined {
  try {
    const raw = Buffer.from(path, "latin1");
    const at = fs.statSync(raw);
    return {
      kind: at.isFile() ? "file" : at.isDirectory() ? "directory" : "other",
      size: at.size,
      link: fs.lstatSync(raw).isSymbolicLink(),
      executable: (at.mode & 0o111) !== 0,
    };
  } catch {
    return undefined;
  }
}

/** Of mime.types, what web content is made of. */
const TYPES: Record<string, string> = {
  html: "text/html",
  htm: "text/html",
  css: "text/css",
  js: "text/javascript",
  mjs: "text/javascript",
  json: "application/json",
  txt: "text/plain",
  xml: "application/xml",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  ico: "image/x-icon",
  pdf: "application/pdf",
  wasm: "application/wasm",
  woff2: "font/woff2",
};

/** A file that can be sent. */
export interface StaticFile {
  headers: HeaderLines;
  size: number;
  modified: Date;
  etag: string;
  open(): NodeJS.ReadableStream;
}

/** Opens a file for sending, or tells the status to answer with. */
export function staticFile(
  path: string,
  types: ReadonlyMap<string, string>,
  options: { mime: boolean; forceType?: string },
): StaticFile | 403 | 404 {
  const raw = Buffer.from(path, "latin1");
  let facts: fs.Stats;
  try {
    facts = fs.statSync(raw);
    fs.accessSync(raw, fs.constants.R_OK);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? 403 : 404;
  }
  // A trailing slash on a file would be path info, which the default handler doesn't take.
  if (!facts.isFile()) return 404;
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const known = options.mime ? (types.get(extension) ?? TYPES[extension]) : undefined;
  const type = options.forceType ?? known;
  const etag = `"${facts.size.toString(16)}-${Math.floor(facts.mtimeMs * 1000).toString(16)}"`;
  const headers: HeaderLines = [
    ["Last-Modified", facts.mtime.toUTCString()],
    ["ETag", etag],
  ];
  if (type) headers.push(["Content-Type", type]);
  const open = () => fs.createReadStream(raw);
  return { headers, size: facts.size, modified: facts.mtime, etag, open };
}

/** Whether a conditional GET may be answered with 304 (RFC 9110, 13.2.2). */
export function notModified(
  file: StaticFile,
  header: (name: string) => string | undefined,
): boolean {
  const tags = header("if-none-match");
  if (tags !== undefined)
    return tags
      .split(",")
      .some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === file.etag);
  // A date still to come says nothing (RFC 9110, 13.1.3).
  const since = Date.parse(header("if-modified-since") ?? "");
  return since <= Date.now() && Math.floor(file.modified.getTime() / 1000) * 1000 <= since;
}

import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

let bundled: Promise<string> | undefined;

/**
 * The probes' client as one CommonJS script for `node -e SOURCE JSON`, Node 18 or newer; built once.
 * It travels in the URL of an exec request, so it's minified and packed: a few kilobytes, in characters that a
 * URL takes as they are.
 */
export function clientSource(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./client/main.ts", import.meta.url))],
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    write: false,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (!file) throw new Error("esbuild gave no output for the probes' client");
  const packed = brotliCompressSync(file.text.trim()).toString("base64url");
  return `eval(require("zlib").brotliDecompressSync(Buffer.from("${packed}","base64url"))+"")`;
}

import { createHash } from "node:crypto";
import { LAUNCHER, PROGRAM } from "./launcher.ts";
import { PACKED, pack } from "./pack.ts";
import { packedProgram } from "./packed-program.ts";

/** Kubernetes takes 1 MiB of data in a ConfigMap; the rest is for its metadata. */
const MAX_KIB = 900;
const KEY = /^[-._a-zA-Z0-9]{1,253}$/;

/** Files for a pod, as the ConfigMap that carries them. */
export interface FileSet {
  /** What it is within its workload, e.g. `source`; unique there. */
  kind: string;
  /** The ConfigMap's name: it ends in a digest of the contents, so that other contents are another object. */
  configMap: string;
  data: Record<string, string>;
  /** It keeps its name when its contents change, and pods that run see the change. Default false. */
  reloaded?: boolean;
}

/**
 * A Node program, in a ConfigMap `<app>-source-<digest>`: packed, with a file `main.mjs` that runs it.
 *
 * @param entry absolute path of the program's main file
 * @throws as {@link bundle} does, and if the result is over 900 KiB even so
 */
export function sourceFiles(app: string, entry: string): FileSet {
  return fileSet(app, "source", { "main.mjs": LAUNCHER, [PROGRAM]: packedProgram(entry) });
}

/**
 * Config files such as `httpd.conf`, by file name, in a ConfigMap `<app>-config-<digest>`.
 *
 * @throws if they are over 900 KiB together, or a name is no valid ConfigMap key
 */
export function configFiles(app: string, files: Record<string, string>): FileSet {
  return fileSet(app, "config", files);
}

/**
 * Config files that the program reads again while it runs, in a ConfigMap `<app>-config`: a change of them
 * starts no pod anew. A kubelet brings it to the pods within a minute or so.
 *
 * @throws as {@link configFiles} does
 */
export function reloadedFiles(app: string, files: Record<string, string>): FileSet {
  return { ...configFiles(app, files), configMap: `${app}-config`, reloaded: true };
}

/**
 * Files for browsers, such as scripts, in a ConfigMap `<app>-assets-<digest>`: packed by gzip and written in
 * base64, each under its name with `.gz.base64`.
 *
 * @throws if they are over 900 KiB together even so, or a name is no valid ConfigMap key
 */
export function assetFiles(app: string, files: Record<string, Buffer>): FileSet {
  const packed = Object.entries(files).map(([name, bytes]) => [name + PACKED, pack(bytes)]);
  return fileSet(app, "assets", Object.fromEntries(packed));
}

function fileSet(app: string, kind: string, data: Record<string, string>): FileSet {
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  const bad = entries.find(([key]) => !KEY.test(key));
  if (bad) {
    throw new Error(
      `ConfigMap ${app}-${kind}: "${bad[0]}" can't be a file name in it; use letters, digits, "-", "_" and "."`,
    );
  }
  const bytes = entries.reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
  if (bytes > MAX_KIB * 1024) {
    throw new Error(
      `ConfigMap ${app}-${kind} would hold ${Math.ceil(bytes / 1024)} KiB, and ${MAX_KIB} KiB fit; import less, or split it`,
    );
  }
  const digest = createHash("sha256").update(JSON.stringify(entries)).digest("hex").slice(0, 10);
  return { kind, configMap: `${app}-${kind}-${digest}`, data: Object.fromEntries(entries) };
}

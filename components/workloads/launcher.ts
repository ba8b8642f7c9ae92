import { PACKED } from "./pack.ts";

/** The packed program's name, beside the launcher. */
export const PROGRAM = `program.cjs${PACKED}`;

/**
 * What `node` runs in a pod: unpacks the program beside it, and runs it. Nothing is written to disk, since
 * a pod's root file system is read-only. https://nodejs.org/api/vm.html#vmcompilefunctioncode-params-options
 */
export const LAUNCHER = `// The program is beside this file, packed: base64 -d ${PROGRAM} | gunzip
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import { gunzipSync } from "node:zlib";

const packed = readFileSync(new URL("${PROGRAM}", import.meta.url), "latin1");
const source = gunzipSync(Buffer.from(packed, "base64")).toString();
const program = compileFunction(source, ["require", "module", "exports"], {
  filename: "program.cjs",
});
const module = { exports: {} };
program(createRequire(import.meta.url), module, module.exports);
`;

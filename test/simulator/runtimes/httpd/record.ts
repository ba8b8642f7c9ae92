// Writes recorded.jsonl anew from the Apache httpd of this machine:
//   node --import=tsx test/simulator/runtimes/httpd/record.ts
import fs from "node:fs";
import {
  CASES,
  CONFIGURATIONS,
  CONVERSATIONS,
  configuration,
  LOG_CASES,
  logConfiguration,
} from "./cases.ts";
import { checkApache, startApache, startBackends } from "./harness.ts";
import { converse, logged, view } from "./view.ts";

const lines: string[] = [];
const note = (kind: string, each: unknown, seen: unknown) =>
  lines.push(JSON.stringify([`${kind} ${JSON.stringify(each)}`, seen]));

const backends = await startBackends();
const real = await startApache(configuration(backends));
for (const each of CASES) note("request", each, await view(real, backends, each));
for (const [name, pieces] of Object.entries(CONVERSATIONS))
  note("conversation", name, await converse(real, pieces));
await real.stop();
const logging = await startApache(logConfiguration(backends));
for (const each of LOG_CASES) note("log", each, await logged(logging, each));
await logging.stop();
await backends.stop();
for (const each of CONFIGURATIONS) note("configuration", each, await checkApache(each));
fs.writeFileSync(new URL("recorded.jsonl", import.meta.url), `${lines.join("\n")}\n`);

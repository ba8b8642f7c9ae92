/**
 * `npm run load`: customers of the shop, while its replicas are killed. Exits with 1 if a request failed that a retry
 * could have saved, or for no known reason, or the memory of a process grew.
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { REPLICAS } from "./replicas.ts";
import { report } from "./report.ts";
import { run } from "./run.ts";

const KILL_EVERY_SECONDS = 5;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "120" },
    connections: { type: "string", default: "200" },
  },
});
const seconds = count(values.seconds);
const connections = count(values.connections);

// The shop ends with this process, if that comes to an orderly end.
for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) {
  process.once(signal, () => process.exit(code));
}
console.log(
  `${os.cpus().length} cores, Node ${process.versions.node}; ${connections} connections for ${seconds} s, ` +
    `${REPLICAS} replicas of each service, one of them killed every ${KILL_EVERY_SECONDS} s`,
);
const { text, complaints } = report(
  await run({ seconds, connections, killEvery: KILL_EVERY_SECONDS }),
);
console.log(text);
for (const complaint of complaints) console.log(`✘ ${complaint}`);
if (complaints.length === 0) console.log("✔ nothing failed that a retry could have saved");
process.exitCode = complaints.length === 0 ? 0 : 1;

function count(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`"${text}" is no number of seconds or connections; give a whole one above 0`);
  process.exit(2);
}

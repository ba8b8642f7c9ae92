/** Needs as text for a terminal of 80 columns. Pure: figures in, text out. */
import { Table } from "console-table-printer";
import type { Amounts } from "./amounts.ts";
import type { Machine, Verdict } from "./fit.ts";
import type { Needs } from "./needs.ts";

/** Room for names beside the three columns of figures. A namespace's may be longer. */
const WIDEST_NAME = 40;

/**
 * One row for each who declares pods, then the sum, and, where the machine is known, what it has and what is left or
 * missing; beneath, what couldn't be counted.
 */
export function formatNeeds(needs: Needs, on?: { machine: Machine; verdict: Verdict }): string {
  const table = new Table({
    shouldDisableColors: true,
    columns: [
      { name: "what", title: "requested by", alignment: "left" },
      { name: "pods", alignment: "right" },
      { name: "memory", alignment: "right" },
      { name: "cpu", title: "CPU", alignment: "right" },
    ],
  });
  const add = (what: string, amounts: Amounts, pods?: number) =>
    table.addRow({
      what: what.length > WIDEST_NAME ? `${what.slice(0, WIDEST_NAME - 1)}…` : what,
      pods: pods === undefined ? "" : String(pods),
      memory: mebibytes(amounts.memoryMiB),
      cpu: millis(amounts.cpuMillis),
    });
  for (const row of needs.rows) add(row.what, row, row.pods);
  const pods = needs.rows.reduce((sum, row) => sum + (row.pods ?? 0), 0);
  add("in all", needs.total, pods);
  if (on) {
    const { usable } = on.verdict;
    add(`usable on ${needs.nodes > 1 ? `${needs.nodes} × ` : ""}${on.machine.name}`, usable);
    table.addRow({
      what: "left (-: missing)",
      pods: "",
      memory: mebibytes(usable.memoryMiB - needs.total.memoryMiB),
      cpu: millis(usable.cpuMillis - needs.total.cpuMillis),
    });
  }
  return [table.render(), ...needs.notes].join("\n");
}

function mebibytes(memoryMiB: number): string {
  return `${memoryMiB} MiB`;
}

/** Thousandths of a CPU, as Kubernetes writes them: `250m`. */
function millis(cpuMillis: number): string {
  return `${cpuMillis}m`;
}

import type { Flow, Party, Prediction } from "../prediction.ts";
import { attention } from "./attention.ts";
import { crowds } from "./crowds.ts";
import { findings, mistakes } from "./markdown-findings.ts";
import { code, comment, prose, type Section, title } from "./markdown-text.ts";
import { type Line, matrix } from "./matrix.ts";
import { names } from "./names.ts";
import { MEANINGS, SIGNS } from "./paint.ts";
import { type PairState, pairsOf } from "./pairs.ts";
import { portsLabel } from "./ports.ts";
import { summary, tally } from "./summary.ts";

/** A table of more parties is wider than a comment. */
const MOST_COLUMNS = 12;
const EMOJI: Readonly<Record<PairState, string>> = { ...SIGNS, cut: "❌", broken: "⚠️", self: "" };

/**
 * A prediction as a comment on a pull request, in GitHub's Markdown and within its length: a heading
 * that says the result, what needs attention, the mistakes, and, folded, who may reach whom.
 */
export function markdown(prediction: Prediction): string {
  const pairs = pairsOf(prediction);
  const seen = matrix(prediction, "ranges", pairs);
  const nameOf = names(prediction.parties.map((p) => p.id));
  const entries = attention(prediction);
  const sections: Section[] = [
    findings("❌ Needed, but denied", entries, (a) => a.needed && a.verdict === "deny", nameOf),
    findings(
      "⚠️ Needed and permitted, but broken",
      entries,
      (a) => a.needed && a.verdict !== "deny",
      nameOf,
    ),
    mistakes("⚠️ Mistakes", prediction.mistakes),
    findings("Permitted, but broken; nothing needs it", entries, (a) => !a.needed, nameOf),
    seen.lines.length <= MOST_COLUMNS ? matrixSection(seen, prediction) : destinations(prediction),
  ];
  const head = `### ${title(prediction.of)}: ${prose(summary(tally(prediction, pairs)))}\n`;
  return comment(head, sections);
}

function details(heading: string): Pick<Section, "opening" | "closing"> {
  return { opening: `<details><summary>${heading}</summary>\n\n`, closing: "\n</details>\n" };
}

function matrixSection(seen: ReturnType<typeof matrix>, prediction: Prediction): Section {
  const columns = seen.lines.filter((line) => seen.isDestination(line));
  const rows = seen.lines.filter((line) => seen.isSource(line));
  const states = rows.map((from) => columns.map((to) => seen.state(from, to)));
  const head = (line: Line) =>
    line.heading === "" ? prose(line.name) : `${prose(line.heading)}/<br>${prose(line.name)}`;
  const { opening, closing } = details("Who may reach whom");
  const used = new Set(states.flat());
  const legend = MEANINGS.filter(([state]) => used.has(state))
    .map(([state, meaning]) => `${EMOJI[state]} ${meaning}`)
    .join(" &nbsp; ");
  return {
    opening:
      `${opening}| from ↓ to → | ${columns.map(head).join(" | ")} |\n` +
      `|---|${":-:|".repeat(columns.length)}\n`,
    items: rows.map(
      (row, i) =>
        `| ${code(row.fullName)} | ${(states[i] ?? []).map((s) => EMOJI[s]).join(" | ")} |\n`,
    ),
    closing: `\n${legend}\n${listensLine(prediction)}${closing}`,
    noun: "sources",
  };
}

function listensLine(prediction: Prediction): string {
  const listening = prediction.parties.filter((p) => p.listens !== "");
  if (listening.length === 0) return "";
  const nameOf = names(prediction.parties.map((p) => p.id));
  const parts = listening.map((p) => `${code(nameOf(p.id))} ${prose(p.listens)}`);
  return `\nListening: ${parts.join(", ")}\n`;
}

/** By destination, who reaches it, in words: for more parties than a table's columns. */
function destinations(prediction: Prediction): Section {
  const nameOf = names(prediction.parties.map((p) => p.id));
  const inWords = crowds(prediction);
  const flows = new Map<string, Flow[]>();
  for (const flow of prediction.flows) {
    if (flow.verdict !== "allow" || !flow.reachesListener) continue;
    const own = flows.get(flow.to);
    if (own) own.push(flow);
    else flows.set(flow.to, [flow]);
  }
  const { opening, closing } = details("Who may reach whom");
  return {
    opening: `${opening}| destination | listens on | is reached by |\n|---|---|---|\n`,
    items: prediction.parties
      .filter((party) => party.kind === "workload" || flows.has(party.id))
      .map((to) => {
        const reached = reachedBy(to, flows.get(to.id) ?? [], inWords);
        return `| ${code(nameOf(to.id))} | ${prose(to.listens)} | ${reached} |\n`;
      }),
    closing,
    noun: "destinations",
  };
}

function reachedBy(to: Party, flows: Flow[], inWords: ReturnType<typeof crowds>): string {
  const byPorts = new Map<string, Set<string>>();
  for (const { from, ports } of flows) {
    const key = portsLabel(ports, to.listens);
    byPorts.set(key, (byPorts.get(key) ?? new Set()).add(from));
  }
  const parts = [...byPorts].map(([ports, sources]) => {
    const who = inWords(sources, to.id).map(prose).join(", ");
    return ports === "" ? who : `${who} (${prose(ports)})`;
  });
  return parts.join("; ") || "nobody";
}

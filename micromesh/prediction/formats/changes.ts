/** What a comparison found, in words. */
import type { Change, PredictionDiff } from "../prediction.ts";
import { plural } from "./summary.ts";

/** E.g. `6 connections removed, 1 of them needed; 2 added; 1 new mistake`. */
export function headline(diff: PredictionDiff): string {
  const removed = diff.changes.filter((c) => kindOf(c) === "removed");
  const cut = removed.filter((c) => c.needed).length;
  const added = diff.changes.filter((c) => kindOf(c) === "added").length;
  const changed = diff.changes.length - removed.length - added;
  const parts: string[] = [];
  if (removed.length > 0) {
    const needed = cut === 0 ? "" : cut === removed.length ? ", needed" : `, ${cut} of them needed`;
    parts.push(`${plural(removed.length, "connection")} removed${needed}`);
  }
  if (added > 0) parts.push(`${parts.length > 0 ? added : plural(added, "connection")} added`);
  if (changed > 0)
    parts.push(`${parts.length > 0 ? changed : plural(changed, "connection")} changed`);
  if (parts.length === 0) parts.push("the same connections");
  if (diff.newMistakes.length > 0) parts.push(plural(diff.newMistakes.length, "new mistake"));
  if (diff.mendedMistakes.length > 0)
    parts.push(`${plural(diff.mendedMistakes.length, "mistake")} mended`);
  return parts.join("; ");
}

/** What a change is, by the ports that were and are permitted. */
export function kindOf(change: Change): "added" | "removed" | "changed" {
  if (change.before === undefined) return "added";
  return change.after === undefined ? "removed" : "changed";
}

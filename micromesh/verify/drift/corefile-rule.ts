/** A rule of ours in CoreDNS' configuration: all that is declared of a file that is somebody else's. */
import { withoutRule } from "../../resources/corefile/rule.ts";

/** The rule, marks included; undefined where the text has none. */
export function corefileRule(corefile: string): string | undefined {
  const clean = withoutRule(corefile);
  if (clean === corefile) return undefined;
  let start = 0;
  while (start < clean.length && clean[start] === corefile[start]) start++;
  return corefile.slice(start, start + corefile.length - clean.length).trim();
}

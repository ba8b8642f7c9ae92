import { COREFILE, parseCorefile } from "../../micromesh/resources/corefile/parse.ts";
import { CorefileError } from "../../micromesh/resources/corefile/tokens.ts";

/** Where CoreDNS' settings are, in every distribution. */
export const NAMESPACE = "kube-system";

/**
 * What is wrong with directives that are to stand in a server block, in one line; undefined: nothing.
 * @param rule e.g. `template ANY ANY db.items.svc.cluster.local {\n rcode NXDOMAIN\n}`
 */
export function problemWith(rule: string): string | undefined {
  const mend = "write directives as they stand in a server block of a Corefile";
  if (rule.trim() === "") return `the CoreDNS rule is empty: ${mend}`;
  if (rule.includes("# micromesh:")) {
    return `the CoreDNS rule holds "# micromesh:", which marks where rules begin and end: leave it out`;
  }
  try {
    const [server, ...more] = parseCorefile(
      { [COREFILE]: `. {\n${rule}\n}\n` },
      { imports: false },
    );
    if (more.length > 0) return `the CoreDNS rule ends its server block: ${mend}`;
    if (server?.directives.length === 0) return `the CoreDNS rule has no directive: ${mend}`;
    return undefined;
  } catch (error) {
    if (!(error instanceof CorefileError)) throw error;
    // The first line of the text that was parsed is not the rule's.
    return `the CoreDNS rule, line ${error.place.line - 1}: ${error.problem}; ${mend}`;
  }
}

/** A rule of ours within somebody else's Corefile, between marks, so that it can be taken out again. */
import { COREFILE, parseCorefile } from "./parse.ts";
import { normal, zoneOf, zonesFrom } from "./zones.ts";

const BEGIN = "# micromesh: begin";
const END = "# micromesh: end";
/** Follows the mark where a line was parted. */
const SPLIT = " (the line goes on)\n";
const MARKED =
  /\n[ \t]*# micromesh: begin\n(?:.*\n)*?[ \t]*# micromesh: end(?: \(the line goes on\)\n)?/g;

/** Directives that make CoreDNS answer NXDOMAIN for names and all below them. */
export function noSuchNames(names: string[]): string {
  return `template ANY ANY ${names.map(normal).join(" ")} {\n  rcode NXDOMAIN\n}`;
}

/**
 * Puts directives into the server block that answers for the cluster's domain, in place of those that were put
 * there before. Everything else stays, to the letter.
 * @throws CorefileError if the text is no Corefile; Error if no server block with braces serves the domain
 */
export function withRule(corefile: string, rule: string, domain = "cluster.local"): string {
  const clean = withoutRule(corefile);
  const blocks = parseCorefile({ [COREFILE]: clean }, { imports: false }).map((block) => ({
    block,
    zones: block.keys
      .map((key) => key.replace(/^dns:\/\//, "").replace(/:53$/, ""))
      .filter((key) => !/:\d+$|:\/\//.test(key))
      .flatMap(zonesFrom),
  }));
  const zone = zoneOf(
    domain,
    blocks.flatMap(({ zones }) => zones),
  );
  const body = blocks.find(({ zones }) => zone !== undefined && zones.includes(zone))?.block.body;
  if (body === undefined) {
    throw new Error(
      `the Corefile has no server block in braces for ${domain}: add ".:53 { ... }" to ConfigMap kube-system/coredns`,
    );
  }
  const rest = clean.slice(body);
  // What stands behind the brace must not become part of the mark's comment.
  const end = /^[ \t\r]*(#|\n|$)/.test(rest) ? END : `${END}${SPLIT}`;
  const lines = [BEGIN, ...rule.trim().split("\n"), end].map((line) => `\n    ${line}`);
  return clean.slice(0, body) + lines.join("") + rest;
}

/** The text without such a rule, as it was before; a text without one as it is. */
export function withoutRule(corefile: string): string {
  return corefile.replace(MARKED, "");
}

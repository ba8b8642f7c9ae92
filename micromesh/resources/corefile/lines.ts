/** Lines of a server block: a plugin, its arguments, and a block of further lines. */
import type { Place, Token } from "./tokens.ts";

/** One line of a server block, with the block behind it. */
export interface Directive {
  plugin: string;
  args: string[];
  /** The lines of its block; absent: it has none. */
  block?: { words: string[]; place: Place }[];
  place: Place;
}

/** @param lines the words behind the first one, by their lines, up to the closing brace of its block */
export function directiveOf(first: Token, [head = [], ...rest]: Token[][]): Directive {
  const { file, line } = first;
  const open = head.at(-1)?.text === "{";
  const words = (tokens: Token[]) => tokens.map(({ text }) => variables(text));
  const directive = {
    plugin: variables(first.text),
    args: words(open ? head.slice(0, -1) : head),
    place: { file, line },
  };
  if (!open) {
    // All on one line: `template ANY ANY { rcode NXDOMAIN }`, which CoreDNS reads as well.
    const brace = head.findIndex(({ text }) => text === "{");
    if (brace < 0) return directive;
    const inner = head.slice(brace + 1, -1);
    const block = inner.length > 0 ? [{ words: words(inner), place: { file, line } }] : [];
    return { ...directive, args: words(head.slice(0, brace)), block };
  }
  const lines = rest.map((tokens) => ({ tokens, place: tokens[0] as Place }));
  // The last word of all is the closing brace, which may stand behind others.
  lines.at(-1)?.tokens.pop();
  return {
    ...directive,
    block: lines
      .filter(({ tokens }) => tokens.length > 0)
      .map(({ tokens, place }) => ({
        words: words(tokens),
        place: { file: place.file, line: place.line },
      })),
  };
}

/** Whether a word stands on the line on which the one before it ends. */
export function sameLine(before: Token, token: Token): boolean {
  // Quotes may hold new lines: then the word ends further down than it begins.
  return before.file === token.file && before.line + newLines(before.text) === token.line;
}

function newLines(text: string): number {
  return text.split("\n").length - 1;
}

/** `{$NAME}` and `{%NAME%}` are variables of CoreDNS' environment, in which nothing of that kind is set. */
export function variables(text: string): string {
  return text.replace(/\{\$[^}]*\}|\{%.*?%\}/g, "");
}

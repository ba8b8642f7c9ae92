/** Corefiles as data, and as texts in many forms, for property tests. */
import fc from "fast-check";

export interface Line {
  words: string[];
  /** Lines in braces behind it. */
  block?: string[][];
}

export interface Block {
  keys: string[];
  lines: Line[];
}

const bare = fc.stringMatching(/^[a-z0-9./:=\\~()[\]*^$|-][a-z0-9./:=\\~()[\]*^$|-]{0,8}$/);
const spaced = fc.stringMatching(/^[a-z "#{}\\.]{0,8}$/);
/** No brace alone, no comma at the end, and nothing that is a statement of its own. */
const word = fc
  .oneof({ weight: 4, arbitrary: bare }, { weight: 1, arbitrary: spaced })
  .filter((text) => !["{", "}", "import", ""].includes(text) && !text.endsWith("\\"));
const plugin = fc.constantFrom("log", "errors", "template", "hosts", "rewrite", "forward");
const key = fc
  .stringMatching(/^[a-z]{1,5}(\.[a-z]{1,4})?(:\d{2,4})?$/)
  .filter((k) => k !== "import");

export const corefiles: fc.Arbitrary<Block[]> = fc.array(
  fc.record(
    {
      keys: fc.array(key, { minLength: 1, maxLength: 3 }),
      lines: fc.array(
        fc.record(
          {
            words: fc
              .tuple(plugin, fc.array(word, { maxLength: 3 }))
              .map(([first, rest]) => [first, ...rest]),
            block: fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
          },
          { requiredKeys: ["words"], noNullPrototype: true },
        ),
        { maxLength: 4 },
      ),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 3 },
);

/** White space and comments, of which any may stand in a place. */
export interface Style {
  space: string;
  /** Ends a line. */
  end: string;
  indent: string;
}

export const styles: fc.Arbitrary<Style> = fc.record({
  space: fc.constantFrom(" ", "\t", "   "),
  end: fc.constantFrom("\n", "\r\n", " # why\n", "\n\n", '\n# a "comment" { }\n'),
  indent: fc.constantFrom("", "  ", "\t"),
});

/** The text of a Corefile. */
export function written(blocks: Block[], { space, end, indent }: Style): string {
  const line = (words: string[]) => words.map(quotedIfNeeded).join(space);
  return blocks
    .map(({ keys, lines }) => {
      const inside = lines.map(({ words, block }) => {
        const rest = block?.map((one) => indent + indent + line(one) + end).join("");
        const tail = rest === undefined ? "" : `${space}{${end}${rest}${indent}}`;
        return indent + line(words) + tail + end;
      });
      return `${keys.join(space)}${space}{${end}${inside.join("")}}${end}`;
    })
    .join("");
}

function quotedIfNeeded(text: string): string {
  return /[\s#"{}]/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

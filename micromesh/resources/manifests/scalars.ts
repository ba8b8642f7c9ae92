/**
 * What an unquoted word of YAML means to kubectl. It reads YAML 1.1 by a library that leaves some of it
 * out: `yes` and `on` are booleans and `0644` is octal, but `12:30` and `2001-01-31` are text
 * (sigs.k8s.io/yaml, goyaml.v2/resolve.go).
 */
export type Plain = string | number | boolean | null;

const WORDS = new Map<string, boolean | null>([
  ...spellings(true, ["y", "yes", "true", "on"]),
  ...spellings(false, ["n", "no", "false", "off"]),
  ...spellings(null, ["null"]),
  ["~", null],
  ["", null],
]);

/** Lower case, Capitalised, UPPER CASE. */
function spellings(value: boolean | null, words: string[]): [string, boolean | null][] {
  return words.flatMap((word) =>
    [word, `${word[0]?.toUpperCase()}${word.slice(1)}`, word.toUpperCase()].map(
      (spelling): [string, boolean | null] => [spelling, value],
    ),
  );
}

const INTEGER = /^[-+]?(?:0|[1-9][0-9]*)$/;
const BASES: [RegExp, number][] = [
  [/^[-+]?0[oO]?([0-7]+)$/, 8],
  [/^[-+]?0[xX]([0-9a-fA-F]+)$/, 16],
  [/^[-+]?0[bB]([01]+)$/, 2],
];
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const LONGEST_WORD = 5;

/** Reads an unquoted scalar. Infinity and NaN stay text: JSON, which the API speaks, has neither. */
export function plainValue(text: string): Plain {
  if (text.length <= LONGEST_WORD) {
    const word = WORDS.get(text);
    if (word !== undefined) return word;
  }
  const first = text.charCodeAt(0);
  // Only a digit, a sign or a point begins a number.
  const isNumeric = (first >= 48 && first <= 57) || first === 43 || first === 45 || first === 46;
  return (isNumeric ? number(text) : undefined) ?? text;
}

function number(text: string): number | undefined {
  // Underscores part digits; after a leading point they don't.
  const digits = text.startsWith(".") ? text : text.replaceAll("_", "");
  // There is no negative zero among integers.
  if (INTEGER.test(digits)) return Number(digits) + 0;
  for (const [pattern, base] of BASES) {
    const match = pattern.exec(digits)?.[1];
    if (match) return Number.parseInt(match, base) * (digits.startsWith("-") ? -1 : 1);
  }
  const value = FLOAT.test(digits) ? Number(digits) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

const STANDARD = "tag:yaml.org,2002:";

/**
 * Reads a scalar with an explicit tag, e.g. `!!int "3"`; a tag that isn't YAML's own leaves text.
 * @param tag in full: `tag:yaml.org,2002:int`
 * @returns undefined where the text isn't of that type
 */
export function taggedValue(tag: string, text: string): Plain | undefined {
  if (!tag.startsWith(STANDARD)) return text;
  const value = plainValue(text);
  switch (tag.slice(STANDARD.length)) {
    case "int":
      return Number.isInteger(value) ? value : undefined;
    case "float":
      return typeof value === "number" ? value : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "null":
      return value === null ? null : undefined;
    case "binary":
      return isBase64(text) ? Buffer.from(text, "base64").toString("utf8") : undefined;
    default:
      return text;
  }
}

function isBase64(text: string): boolean {
  const bare = text.replace(/\s/g, "");
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}

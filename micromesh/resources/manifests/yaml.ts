/** YAML text to nodes, one document at a time, within bounds of depth and memory. */
import { Composer, Lexer, type ParsedNode, Parser } from "yaml";

/** Why a document can't be read. */
export class YamlFailure extends Error {
  /** Where in the document's text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Beyond this the parser's recursion nears the end of the stack, where V8 may abort the process (it
 * can't compile a regular expression there). Kubernetes' own objects, CRDs included, stay far below.
 */
export const MAX_DEPTH = 256;

/** Each token takes up to 300 bytes while its document is read; 6 MB of ordinary YAML are two million. */
export const MAX_TOKENS = 2_000_000;

/** A document of a file, by the markers `---` and `...`. */
export interface DocumentText {
  text: string;
  /** Where it begins in the file. */
  offset: number;
}

/**
 * Parts a file at its document markers, so that a broken document costs no other. A marker at the
 * beginning of a line can't be part of any scalar (YAML 1.2.2, 9.1.2), so nothing need be parsed for it.
 * Documents with nothing but comments and directives are left out.
 */
export function* splitDocuments(file: string): Generator<DocumentText> {
  let start = 0;
  for (const { index } of file.matchAll(/\n(?:---|\.\.\.)(?=[ \t\r\n]|$)/g)) {
    const text = file.slice(start, index + 1);
    if (!isEmpty(text)) yield { text, offset: start };
    start = index + 1;
    // `...` ends a document; what comes behind it on its line is a comment.
    if (file[start] === ".") {
      const end = file.indexOf("\n", start);
      start = end < 0 ? file.length : end + 1;
    }
  }
  const text = file.slice(start);
  if (!isEmpty(text)) yield { text, offset: start };
}

function isEmpty(text: string): boolean {
  let start = /^---(?=\s|$)/.test(text) ? 3 : 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(start, end).trim();
    const isDirective = text[start] === "%";
    if (line !== "" && !line.startsWith("#") && !isDirective) return false;
    start = end + 1;
  }
  return true;
}

/** Scalars stay text, since kubectl's reading of them isn't among the parser's schemas. */
const options = {
  schema: "failsafe",
  resolveKnownTags: false,
  // Compares each key with each other one; whoever makes data of the nodes looks them up instead.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: "silent",
} as const;

/** Stops at the first error: junk has one for each byte, and each would be an object with a stack. */
class FirstErrorComposer extends Composer {
  failure?: YamlFailure;

  constructor() {
    super(options);
    Object.assign(this, { onError: this.fail });
  }

  private readonly fail = (source: Source, code: string, message: string, isWarning?: boolean) => {
    if (isWarning) return;
    this.failure ??= new YamlFailure(explain(code, message), offsetOf(source));
    throw this.failure;
  };
}

type Source = number | readonly number[] | { offset: number };

function offsetOf(source: Source): number {
  if (typeof source === "number") return source;
  return "offset" in source ? source.offset : (source[0] ?? 0);
}

function explain(code: string, message: string): string {
  if (code === "TAB_AS_INDENT") return "is indented by a tab; indent by spaces";
  return `isn't YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/**
 * The nodes of one document.
 * @returns null where the document is empty
 * @throws YamlFailure for its first error, and beyond `MAX_DEPTH` and `MAX_TOKENS`
 */
export function composeDocument(text: string): ParsedNode | null {
  const composer = new FirstErrorComposer();
  try {
    const [document] = [...composer.compose(tokens(text))];
    // Nothing gets here as long as the composer calls `onError`, which it doesn't promise.
    const [error] = document?.errors ?? [];
    if (error) throw new YamlFailure(explain(error.code, error.message), error.pos[0]);
    return document?.contents ?? null;
  } catch (error) {
    // The parser catches its own errors and reports them anew: the first is the one that says why.
    throw composer.failure ?? error;
  }
}

function* tokens(text: string) {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      // The composer collects these, which stand outside of the document, without calling `onError`.
      if (token.type === "error") throw new YamlFailure(explain("", token.message), token.offset);
      yield token;
    }
    if (parser.stack.length > MAX_DEPTH) {
      throw new YamlFailure(
        `is nested deeper than ${MAX_DEPTH} levels, which no Kubernetes object is; flatten it`,
        parser.offset,
      );
    }
    if (++count > MAX_TOKENS) {
      throw new YamlFailure(
        `holds more than ${MAX_TOKENS.toLocaleString("en")} YAML tokens in one document; part it by ---, or write it as JSON`,
        parser.offset,
      );
    }
  }
  yield* parser.end();
}

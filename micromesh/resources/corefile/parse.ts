/**
 * The structure of a Corefile: server blocks, and in them lines that each configure a plugin
 * (https://coredns.io/manual/configuration/).
 */
import { type Directive, directiveOf, sameLine, variables } from "./lines.ts";
import { CorefileError, type Place, type Token, tokensOf } from "./tokens.ts";

export type { Directive } from "./lines.ts";

export interface ServerBlock {
  /** What it serves, as written: `.:53`, `example.org`. */
  keys: string[];
  directives: Directive[];
  place: Place;
  /** Where the text after its opening brace begins, in its file; absent: it has no braces. */
  body?: number;
}

/** Contents of files by path: the Corefile's own, and those that it may import. */
export type Files = Record<string, string>;

/** Where a cluster's CoreDNS finds its Corefile. */
export const COREFILE = "/etc/coredns/Corefile";

/** Imports that import each other would go on for ever. */
const MAX_IMPORTS = 1000;

export interface ParseOptions {
  /** Files that are imported are read; default: they are. Snippets are put in place in any case. */
  imports?: boolean;
}

/**
 * Parses a Corefile, with what it imports in place.
 * @throws CorefileError where CoreDNS would refuse it: braces that don't match, an import that isn't there, …
 */
export function parseCorefile(files: Files, options: ParseOptions = {}): ServerBlock[] {
  return new Parser(files, options).blocks();
}

class Parser {
  readonly #files: Files;
  readonly #tokens: Token[];
  readonly #snippets = new Map<string, Token[]>();
  readonly #followsFiles: boolean;
  #at = 0;
  #imports = 0;

  constructor(files: Files, { imports = true }: ParseOptions) {
    this.#files = files;
    this.#followsFiles = imports;
    this.#tokens = tokensOf(files[COREFILE] ?? "", COREFILE);
  }

  blocks(): ServerBlock[] {
    const blocks: ServerBlock[] = [];
    while (this.#at < this.#tokens.length) {
      const block = this.#block();
      if (block) blocks.push(block);
    }
    return blocks;
  }

  #block(): ServerBlock | undefined {
    const first = this.#current();
    const keys = this.#keys();
    const name = /^\((.+)\)$/.exec(keys[0] ?? "")?.[1];
    if (keys.length === 1 && name !== undefined) {
      if (this.#snippets.has(name)) this.#fail(`the snippet ${name} is declared twice`, first);
      this.#snippets.set(name, this.#braced());
      return undefined;
    }
    // A key can't be missing but where only imports of nothing stood.
    if (!this.#current() && keys.length === 0) return undefined;
    const place = { file: first?.file ?? COREFILE, line: first?.line ?? 1 };
    const open = this.#current();
    if (open?.text !== "{") return { keys, directives: this.#directives(false), place };
    this.#at++;
    return { keys, directives: this.#directives(true), place, body: open.end };
  }

  /** The words up to the brace or the end of the line; a comma at the end of one goes on with the next line. */
  #keys(): string[] {
    const keys: string[] = [];
    let more = false;
    for (let last: Token | undefined; ; ) {
      const token = this.#current();
      if (!token) {
        if (more) this.#fail("another address is expected after the comma", last);
        return keys;
      }
      if (token.text === "import" && this.#startsLine()) {
        this.#import();
        continue;
      }
      if (token.text === "{") {
        if (more) this.#fail("another address is expected after the comma", token);
        return keys;
      }
      if (last && !more && !sameLine(last, token)) return keys;
      more = token.text.endsWith(",");
      const key = more ? token.text.slice(0, -1) : token.text;
      if (key !== "") keys.push(variables(key));
      last = token;
      this.#at++;
    }
  }

  #directives(braces: boolean): Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const token = this.#current();
      if (!token) {
        if (braces) this.#fail("a } is missing: a server block isn't closed");
        return directives;
      }
      if (token.text === "}") {
        this.#at++;
        return directives;
      }
      if (token.text === "import") this.#import();
      else directives.push(this.#directive());
    }
  }

  #directive(): Directive {
    const first = this.#current() as Token;
    const lines: Token[][] = [[]];
    let depth = 0;
    let last = first;
    for (this.#at++; ; this.#at++) {
      const token = this.#current();
      if (!token || (depth === 0 && !sameLine(last, token))) break;
      if (token.text === "}" && depth === 0) this.#fail("this } has no { to go with", token);
      if (token.text === "import" && this.#startsLine()) {
        this.#import();
        this.#at--;
        continue;
      }
      if (token.text === "{") depth++;
      if (token.text === "}") depth--;
      if (!sameLine(last, token)) lines.push([]);
      lines.at(-1)?.push(token);
      last = token;
    }
    if (depth > 0) this.#fail(`a } is missing: the block of ${first.text} isn't closed`, first);
    return directiveOf(first, lines);
  }

  /** The words between braces, which are consumed. */
  #braced(): Token[] {
    const open = this.#current();
    if (open?.text !== "{") this.#fail("a { is expected", open);
    const start = this.#at + 1;
    let depth = 0;
    for (; this.#at < this.#tokens.length; this.#at++) {
      const { text } = this.#tokens[this.#at] as Token;
      if (text === "{") depth++;
      if (text === "}" && --depth === 0) return this.#tokens.slice(start, this.#at++);
    }
    return this.#fail("a } is missing: a snippet isn't closed", open);
  }

  /** Puts what is imported where the import stands. */
  #import(): void {
    const token = this.#current() as Token;
    const what = this.#tokens[this.#at + 1];
    if (!what || !sameLine(token, what)) this.#fail("import needs a file", token);
    const next = this.#tokens[this.#at + 2];
    if (next && sameLine(what, next)) this.#fail("import takes one file only", token);
    if (++this.#imports > MAX_IMPORTS) this.#fail("files import each other", token);
    const snippet = this.#snippets.get(what.text);
    const imported = snippet ?? this.#imported(variables(what.text), token);
    this.#tokens.splice(this.#at, 2, ...imported);
  }

  #imported(pattern: string, token: Token): Token[] {
    if (!this.#followsFiles) return [];
    const absolute = pattern.startsWith("/")
      ? pattern
      : `${token.file.slice(0, token.file.lastIndexOf("/"))}/${pattern}`;
    const matches = Object.keys(this.#files).filter((path) => matchesGlob(path, absolute));
    if (matches.length === 0 && !/[*?[\]]/.test(absolute)) {
      this.#fail(`the file ${absolute} to import isn't there`, token);
    }
    return matches.sort().flatMap((path) => tokensOf(this.#files[path] ?? "", path));
  }

  #current(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #startsLine(): boolean {
    const [before, token] = [this.#tokens[this.#at - 1], this.#current()];
    return !before || !token || !sameLine(before, token);
  }

  #fail(problem: string, at = this.#tokens.at(-1)): never {
    throw new CorefileError(at ?? { file: COREFILE, line: 1 }, problem);
  }
}

/** As Go's `filepath.Glob`, where no wildcard stands for a slash. */
function matchesGlob(path: string, pattern: string): boolean {
  const source = pattern
    .replace(/[\\^$+.()|{}]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  return new RegExp(`^${source}$`).test(path);
}

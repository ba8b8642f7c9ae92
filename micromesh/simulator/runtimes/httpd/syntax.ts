import { expandPath, filesUnder } from "./include.ts";
import { isDirective, isLoaded, isModule } from "./modules.ts";
import { ConfigError, interpolate, sourceLines, takeWord, words } from "./source.ts";

/** A directive or a section, where it stood. */
export interface Directive {
  name: string;
  /** The arguments as written, after `${NAME}` was replaced; sections without their `>`. */
  raw: string;
  args: string[];
  file: string;
  line: number;
  /** The content of a section. */
  children?: Directive[];
}

/** What reading needs from outside. */
export interface ConfigFiles {
  /** A file's text; undefined if there is none. */
  read(path: string): string | undefined;
  /** Names in a directory, sorted; undefined if it isn't one. */
  list(path: string): string[] | undefined;
}

export interface ConfigSource {
  directives: Directive[];
  /** Identifiers of the modules loaded. */
  modules: Set<string>;
  serverRoot: string;
  warnings: string[];
}

const SECTIONS = new Set([
  "virtualhost",
  "location",
  "locationmatch",
  "directory",
  "directorymatch",
  "files",
  "filesmatch",
  "proxy",
  "proxymatch",
  "requireall",
  "requireany",
  "requirenone",
  "limit",
  "limitexcept",
]);

/** Conditions that are decided while reading; their content counts as if it stood outside. */
const CONDITIONS = new Set(["ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective"]);

const MAX_INCLUDES = 100;

/**
 * Reads a configuration with everything it includes. LoadModule, Define, Include, IfModule and
 * IfDefine are carried out here, in order, as httpd does (they are EXEC_ON_READ).
 *
 * @throws ConfigError
 */
export function readConfig(
  file: string,
  files: ConfigFiles,
  options: {
    env?: Record<string, string | undefined>;
    defines?: string[];
    serverRoot?: string;
    /** Modules compiled in, by identifier. */
    builtIn?: string[];
  } = {},
): ConfigSource {
  const reader = new Reader(files, options);
  const directives: Directive[] = [];
  reader.include(file, directives, { file, line: 0 }, false);
  checkNames(directives, reader.modules);
  return {
    directives,
    modules: reader.modules,
    serverRoot: reader.serverRoot,
    warnings: reader.warnings,
  };
}

/** Names are checked when all is read: a module may be loaded below the directives it brings. */
function checkNames(directives: readonly Directive[], modules: ReadonlySet<string>): void {
  for (const each of directives) {
    const key = each.name.toLowerCase();
    if (!each.children) {
      if (!isDirective(each.name, modules)) throw invalidCommand(each.name, each);
      continue;
    }
    const known = SECTIONS.has(key) && (!key.startsWith("proxy") || modules.has("proxy_module"));
    if (!known) throw invalidCommand(`<${each.name}`, each);
    checkNames(each.children, modules);
  }
}

interface Place {
  file: string;
  line: number;
}

interface Open {
  name: string;
  directive?: Directive;
  into: Directive[];
  /** False inside a condition that doesn't hold. */
  active: boolean;
  line: number;
}

class Reader {
  readonly modules: Set<string>;
  readonly warnings: string[] = [];
  serverRoot: string;
  private readonly defines = new Map<string, string>();
  private readonly files: ConfigFiles;
  private readonly env: Record<string, string | undefined>;
  private depth = 0;

  constructor(
    files: ConfigFiles,
    options: {
      env?: Record<string, string | undefined>;
      defines?: string[];
      serverRoot?: string;
      builtIn?: string[];
    },
  ) {
    this.files = files;
    this.env = options.env ?? {};
    this.serverRoot = options.serverRoot ?? "/usr/local/apache2";
    this.modules = new Set(options.builtIn ?? []);
    for (const define of options.defines ?? []) this.defines.set(define, "");
  }

  include(path: string, into: Directive[], from: Place, optional: boolean): void {
    const text = this.files.read(path);
    if (text === undefined) {
      if (optional) return;
      const message = `Could not open configuration file ${path}: No such file or directory`;
      throw new ConfigError(message, from.file, from.line, true);
    }
    if (++this.depth > MAX_INCLUDES)
      throw new ConfigError("Exceeded maximum include depth", from.file, from.line, true);
    this.readText(path, text, into);
    this.depth--;
  }

  private readText(file: string, text: string, into: Directive[]): void {
    const stack: Open[] = [{ name: "", into, active: true, line: 0 }];
    for (const source of sourceLines(text)) {
      const top = stack.at(-1) as Open;
      const place = { file, line: source.line };
      const fail = (message: string): never => {
        throw new ConfigError(message, file, source.line, true);
      };
      if (source.text.startsWith("</")) {
        const name = source.text.slice(2).replace(/>.*$/, "").trim();
        if (stack.length === 1) fail(`</${name}> without matching <${name}> section`);
        if (name.toLowerCase() !== top.name.toLowerCase())
          fail(`Expected </${top.name}> but saw </${name}>`);
        stack.pop();
        continue;
      }
      const resolved = top.active ? this.resolve(source.text) : source.text;
      if (resolved.startsWith("<")) {
        if (!resolved.endsWith(">"))
          throw new ConfigError(
            `${takeWord(resolved).word}> directive missing closing '>'`,
            file,
            source.line,
          );
        stack.push(this.openSection(resolved.slice(1, -1), top, place));
        continue;
      }
      if (!top.active) continue;
      const { word: name, rest } = takeWord(resolved);
      this.directive(name, rest, top.into, place);
    }
    const unclosed = stack.at(-1) as Open;
    if (stack.length > 1)
      throw new ConfigError(
        `${file}:${unclosed.line}: <${unclosed.name}> was not closed.`,
        file,
        unclosed.line,
        true,
      );
  }

  private openSection(text: string, top: Open, place: Place): Open {
    const { word: name, rest } = takeWord(text);
    const key = name.toLowerCase();
    if (CONDITIONS.has(key)) {
      const active = top.active && this.holds(key, rest, place);
      return { name, into: top.into, active, line: place.line };
    }
    if (!top.active) return { name, into: [], active: false, line: place.line };
    const children: Directive[] = [];
    top.into.push({ name, raw: rest, args: words(rest), ...place, children });
    return { name, into: children, active: true, line: place.line };
  }

  private holds(condition: string, argument: string, place: Place): boolean {
    const negated = argument.startsWith("!");
    const word = takeWord(negated ? argument.slice(1) : argument).word;
    switch (condition) {
      case "ifmodule":
        return isLoaded(word, this.modules) !== negated;
      case "ifdefine":
        return this.defines.has(word) !== negated;
      case "iffile":
        return (this.files.read(this.absolute(word)) !== undefined) !== negated;
      case "ifdirective":
        return isDirective(word, this.modules) !== negated;
      default:
        throw new ConfigError(`<${condition}> is not supported here`, place.file, place.line, true);
    }
  }

  private directive(name: string, rest: string, into: Directive[], place: Place): void {
    const args = words(rest);
    const fail = (message: string): never => {
      throw new ConfigError(message, place.file, place.line, true);
    };
    const first = args[0] ?? "";
    switch (name.toLowerCase()) {
      case "loadmodule":
        if (args.length !== 2)
          fail(
            "LoadModule takes two arguments, a module name and the name of a shared object file to load it from",
          );
        if (!isModule(first)) {
          const file = this.absolute(args[1] as string);
          fail(
            `Cannot load ${args[1]} into server: ${file}: cannot open shared object file: No such file or directory`,
          );
        }
        this.modules.add(first);
        return;
      case "define":
        this.defines.set(first, args[1] ?? "");
        return;
      case "undefine":
        this.defines.delete(first);
        return;
      case "include":
      case "includeoptional":
        this.includeMatching(first, into, place, name.toLowerCase() === "includeoptional");
        return;
      case "error":
        throw new ConfigError(args.join(" "), place.file, place.line);
      case "serverroot":
        this.serverRoot = first.length > 1 ? first.replace(/\/$/, "") : first;
        return;
    }
    into.push({ name, raw: rest, args, ...place });
  }

  private includeMatching(pattern: string, into: Directive[], from: Place, optional: boolean) {
    const found = expandPath(this.absolute(pattern), this.files);
    const wild = /[*?[]/.test(pattern);
    if (found.length === 0 && wild && !optional) {
      const directory = this.absolute(pattern).replace(/\/[^/]*$/, "");
      const missing = `Include/IncludeOptional: Could not open directory ${directory}: No such file or directory`;
      const empty = `No matches for the wildcard '${pattern.split("/").at(-1)}' in '${directory}', failing (use IncludeOptional if required)`;
      const message = this.files.list(directory) ? empty : missing;
      throw new ConfigError(message, from.file, from.line, true);
    }
    for (const path of wild ? found : [this.absolute(pattern)])
      for (const file of filesUnder(path, this.files)) this.include(file, into, from, optional);
  }

  private absolute(path: string): string {
    return path.startsWith("/") ? path : `${this.serverRoot}/${path}`;
  }

  private resolve(text: string): string {
    const lookup = (name: string) => this.defines.get(name) ?? this.env[name];
    return interpolate(text, lookup, (name) =>
      this.warnings.push(`AH00111: Config variable \${${name}} is not defined`),
    );
  }
}

function invalidCommand(name: string, place: Place): ConfigError {
  return new ConfigError(
    `Invalid command '${name}', perhaps misspelled or defined by a module not included in the server configuration`,
    place.file,
    place.line,
  );
}

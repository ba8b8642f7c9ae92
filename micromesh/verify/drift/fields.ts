/** Compares one object, field by field, as far as its declaration goes. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind } from "../../resources/kubernetes.ts";
import { quantity } from "../../resources/quantity.ts";
import { content, type Fields } from "./content.ts";
import { type FieldRules, fieldRules } from "./defaults.ts";
import type { FieldDrift } from "./drift.ts";
import { inShort, textDrift } from "./values.ts";

export interface FieldOptions {
  /** Only what is declared counts: the object is somebody else's, and some fields of it are declared. */
  partial?: boolean;
  /** Whether a declared text isn't what is on the cluster: it's known only when Pulumi runs. */
  isUnknown?: (text: string) => boolean;
  /** Whether what stands at a path, `spec.template.spec.containers.0.env.1.value`, is a secret. */
  isSecret?: (path: string) => boolean;
}

/** Whose keys their users choose: nothing is added to them by itself. */
const CHOSEN_KEYS = /(^|\.)(matchLabels|selector|nodeSelector|data|binaryData|limits)$/;
/** Maps that mean nothing when they're empty. */
const EMPTY_MAPS =
  /(^|\.)(labels|annotations|matchLabels|selector|nodeSelector|data|binaryData|limits|requests|resources|securityContext)$/;
/** Amounts: `0.1` is written back as `100m`. */
const AMOUNTS = /(^|\.)((limits|requests|hard|capacity)\.[^[\]]+|sizeLimit|divisor)$/;

/**
 * The fields that aren't as declared; none where everything is.
 *
 * Compared is what is declared, what decides something although it isn't (`defaults.ts`), and of policies and a
 * mesh's rules all there is. Lists have their order; of metadata only labels and annotations count.
 */
export function fieldDrifts(
  declared: KubernetesObject,
  found: KubernetesObject,
  options: FieldOptions = {},
): FieldDrift[] {
  const kind = groupKind(declared);
  const comparer = new Comparer(fieldRules(kind), options, kind === "Secret");
  const [wanted, there] = [declared, found].map(content) as [Fields, Fields];
  return comparer.maps(wanted, there, root);
}

/** Where a value stands: for people, for rules, and for whoever knows of secrets. */
interface Place {
  path: string;
  pattern: string;
  input: string;
}

const root: Place = { path: "", pattern: "", input: "" };

class Comparer {
  readonly #rules: FieldRules;
  readonly #options: FieldOptions;
  readonly #allSecret: boolean;

  constructor(rules: FieldRules, options: FieldOptions, allSecret: boolean) {
    this.#rules = rules;
    this.#options = options;
    this.#allSecret = allSecret;
  }

  maps(declared: Fields, found: Fields, at: Place): FieldDrift[] {
    const others = Object.keys(found).filter(
      (key) => !Object.hasOwn(declared, key) && this.#counts(within(at, key), at),
    );
    const keys = [...Object.keys(declared), ...others];
    return keys.flatMap((key) => this.#values(declared[key], found[key], within(at, key)));
  }

  /** Whether a field counts that is there, and isn't declared. */
  #counts({ pattern }: Place, parent: Place): boolean {
    if (this.#options.partial) return false;
    if (this.#rules.watched.has(pattern) || CHOSEN_KEYS.test(parent.pattern)) return true;
    if (/\.template\.metadata\.labels$/.test(parent.pattern)) return true;
    return this.#rules.whole && !/^metadata(\.|$)/.test(pattern);
  }

  #values(declared: unknown, found: unknown, at: Place): FieldDrift[] {
    const { watched } = this.#rules;
    const usual = watched.get(at.pattern);
    const [wanted, there] = [declared, found].map((value) =>
      this.#isUnset(value) ? usual : value,
    );
    if (this.#isUnknown(declared) || this.#areSame(wanted, there, at)) return [];
    if (isMap(wanted) && isMap(there)) return this.maps(wanted, there, at);
    if (Array.isArray(wanted) && Array.isArray(there)) return this.#lists(wanted, there, at);
    return [this.#drift(declared, found, at)];
  }

  #lists(declared: unknown[], found: unknown[], at: Place): FieldDrift[] {
    const names = [namesOf(declared), namesOf(found)];
    const [wanted, there] = names;
    if (!wanted || !there) {
      if (declared.length !== found.length) return [this.#drift(declared, found, at)];
      return declared.flatMap((item, i) =>
        this.#values(item, found[i], itemAt(at, String(i), String(i))),
      );
    }
    const both = wanted.filter((name) => there.includes(name));
    const order = there.filter((name) => wanted.includes(name));
    const moved = both.join("\n") !== order.join("\n");
    const all = [...new Set([...wanted, ...there])];
    return [
      ...all.flatMap((name) => {
        const place = itemAt(at, name, String(wanted.indexOf(name)));
        const [a, b] = [declared[wanted.indexOf(name)], found[there.indexOf(name)]];
        return a !== undefined && b !== undefined
          ? this.#values(a, b, place)
          : [this.#drift(a, b, place)];
      }),
      ...(moved ? [this.#drift(both.join(", "), order.join(", "), at)] : []),
    ];
  }

  #areSame(declared: unknown, found: unknown, { pattern }: Place): boolean {
    if (declared === found) return true;
    const [nothing, something] = this.#isEmpty(declared, pattern)
      ? [true, found]
      : [this.#isEmpty(found, pattern), declared];
    if (nothing) return this.#isEmpty(something, pattern);
    if (!AMOUNTS.test(pattern)) return false;
    const [a, b] = [declared, found].map((value) => quantity(String(value)));
    return a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.abs(a);
  }

  /** Whether a default takes the value's place. */
  #isUnset(value: unknown): boolean {
    return value === undefined || value === null || (value === "" && this.#rules.omitsEmpty);
  }

  /** Whether a value is the same as none. */
  #isEmpty(value: unknown, pattern: string): boolean {
    if (this.#isUnset(value)) return true;
    if (!this.#rules.omitsEmpty) return false;
    if (Array.isArray(value)) return value.length === 0;
    if (isMap(value)) return EMPTY_MAPS.test(pattern) && Object.keys(value).length === 0;
    return value === false || value === 0;
  }

  #isUnknown(value: unknown): boolean {
    const { isUnknown } = this.#options;
    if (typeof value !== "string" || !isUnknown) return false;
    return isUnknown(value) || (this.#allSecret && isUnknown(decoded(value)));
  }

  #drift(declared: unknown, found: unknown, { path, input }: Place): FieldDrift {
    if (this.#allSecret || this.#options.isSecret?.(input)) return { path, secret: true };
    if (typeof declared === "string" && typeof found === "string") {
      return { path, ...textDrift(declared, found) };
    }
    return {
      path,
      ...(declared !== undefined && { declared: inShort(declared) }),
      ...(found !== undefined && { found: inShort(found) }),
    };
  }
}

function within({ path, pattern, input }: Place, key: string): Place {
  const below = (text: string) => (text === "" ? key : `${text}.${key}`);
  // A key with dots, such as a label's, is told from a path by brackets.
  const shown = key.includes(".") ? `${path}[${key}]` : below(path);
  return { path: shown, pattern: below(pattern), input: below(input) };
}

function itemAt({ path, pattern, input }: Place, name: string, index: string): Place {
  return { path: `${path}[${name}]`, pattern: `${pattern}[]`, input: `${input}.${index}` };
}

/** The names of a list's items, where each has one of its own. */
function namesOf(list: unknown[]): string[] | undefined {
  const names = list.flatMap((item) =>
    isMap(item) && typeof item.name === "string" ? item.name : [],
  );
  return names.length === list.length && new Set(names).size === names.length ? names : undefined;
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decoded(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** A place in an object, and what's wrong there. */
export interface FieldProblem {
  /** E.g. `spec.ports[0].port`. */
  field: string;
  /** What's wrong and how to mend it; reads on after the field: `is 99999; ports are 1 to 65535`. */
  text: string;
  /** What is meant is clear all the same. */
  clear?: true;
}

export type Fields = Record<string, unknown>;

/** Who has more mistakes in one object mends the first ones first; and each costs some time to tell. */
const MAX_PROBLEMS = 20;

/**
 * Reads data of unknown shape, and collects what's wrong with it. Readers never throw: a value of the
 * wrong type is reported, and read as absent. Null is absent, as it is to the Kubernetes API.
 * Of very many problems only the first are kept, and the first one that leaves unclear what is meant.
 */
export class Checker {
  readonly problems: FieldProblem[] = [];
  readonly #written: (field: string) => string | undefined;

  /** @param written how the source spells the value of a field, where that says more than the value */
  constructor(written: (field: string) => string | undefined = () => undefined) {
    this.#written = written;
  }

  report(field: string, text: string): void {
    if (!this.#isFull || this.problems.every(({ clear }) => clear))
      this.problems.push({ field, text });
  }

  /** Something that is wrong, but leaves clear what is meant. */
  reportClear(field: string, text: string): void {
    if (!this.#isFull) this.problems.push({ field, text, clear: true });
  }

  /** A value as a message shows it: as its source has it, where that is known. */
  show(value: unknown, field: string): string {
    return shorten((this.#isFull ? undefined : this.#written(field)) ?? show(value));
  }

  get #isFull(): boolean {
    return this.problems.length >= MAX_PROBLEMS;
  }

  /** A list, empty where absent. */
  list(value: unknown, field: string): unknown[] {
    if (!isSet(value)) return [];
    if (Array.isArray(value)) return value;
    this.report(field, `is ${this.show(value, field)}; it must be a list`);
    return [];
  }

  /** A list of strings, empty where absent; an empty string in it is reported. */
  strings(value: unknown, field: string): string[] {
    return this.list(value, field).filter((item, i): item is string => {
      const place = `${field}[${i}]`;
      if (item === "") this.report(place, "is empty; remove the item");
      else if (typeof item !== "string") this.report(place, this.#notText(item, place));
      return typeof item === "string" && item !== "";
    });
  }

  /** An object, undefined where absent. */
  fields(value: unknown, field: string): Fields | undefined {
    if (!isSet(value)) return undefined;
    if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
    this.report(field, `is ${this.show(value, field)}; it must be an object`);
    return undefined;
  }

  /** The objects of a list, each with its place. */
  *each(value: unknown, field: string): Generator<[item: Fields, field: string]> {
    for (const [i, item] of this.list(value, field).entries()) {
      const place = `${field}[${i}]`;
      const fields = this.fields(item, place);
      if (fields) yield [fields, place];
      else if (!isSet(item)) this.report(place, "is empty; remove the item");
    }
  }

  /** Text, or nothing. */
  text(value: unknown, field: string): string | undefined {
    if (typeof value === "string") return value;
    if (isSet(value)) this.report(field, this.#notText(value, field));
    return undefined;
  }

  /** Text that must be there, and not empty. */
  requiredText(value: unknown, field: string, hint: string): string | undefined {
    if (!isSet(value) || value === "") this.report(field, `is missing; ${hint}`);
    return this.text(value, field) || undefined;
  }

  /**
   * An object whose values are all text. A value of null becomes `""` in it, which is what the Kubernetes
   * API makes of one.
   */
  textMap(value: unknown, field: string): Record<string, string> {
    const map = this.fields(value, field) ?? {};
    const texts: [string, string][] = [];
    for (const [key, item] of Object.entries(map)) {
      if (item === null) Object.defineProperty(map, key, { value: "" });
      const text = this.text(item ?? "", `${field}.${key}`);
      if (text !== undefined) texts.push([key, text]);
    }
    return Object.fromEntries(texts);
  }

  boolean(value: unknown, field: string): void {
    if (!isSet(value) || typeof value === "boolean") return;
    this.report(field, `is ${this.show(value, field)}; write true or false, without quotes`);
  }

  /** A whole number from `least` to `most`, or nothing. */
  integer(value: unknown, field: string, least: number, most = Number.MAX_SAFE_INTEGER): void {
    if (!isSet(value)) return;
    const fits = Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
    if (fits) return;
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
    const what = typeof value === "string" ? "a number without quotes" : "a whole number";
    this.report(field, `is ${this.show(value, field)}; write ${what}, ${range}`);
  }

  /** A port number that must be there. */
  port(value: unknown, field: string): void {
    if (!isSet(value)) this.report(field, "is missing; write a port, 1 to 65535");
    this.integer(value, field, 1, 65535);
  }

  oneOf(value: unknown, allowed: readonly unknown[], field: string): void {
    if (!isSet(value) || allowed.includes(value)) return;
    this.report(field, `is ${this.show(value, field)}; write one of ${allowed.join(", ")}`);
  }

  requiredOneOf(value: unknown, allowed: readonly unknown[], field: string): void {
    if (!isSet(value)) this.report(field, `is missing; write one of ${allowed.join(", ")}`);
    this.oneOf(value, allowed, field);
  }

  #notText(value: unknown, field: string): string {
    if (!isSet(value)) return "is empty; remove the item";
    const mend =
      typeof value === "object" ? "it must be text" : "it must be text: put it in quotes";
    return `is ${this.show(value, field)}; ${mend}`;
  }
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Whether it's absent, or a list with nothing in it. */
export function isEmpty(value: unknown): boolean {
  return !isSet(value) || (Array.isArray(value) && value.length === 0);
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  return shorten(JSON.stringify(value) ?? "missing");
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

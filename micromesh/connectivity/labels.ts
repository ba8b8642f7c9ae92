/**
 * Label selectors, as in the Kubernetes API reference (meta/v1 LabelSelector): `matchLabels` and
 * `matchExpressions` are ANDed; an empty selector matches everything; In needs the key, while NotIn
 * and DoesNotExist also match where the key is missing.
 */
import { type Checker, show } from "../resources/checker.ts";
import { isLabelKey, isLabelValue } from "../resources/names.ts";

export type Labels = Record<string, string>;

export interface LabelSelector {
  matchLabels?: Labels | null;
  matchExpressions?: { key: string; operator: string; values?: string[] | null }[] | null;
}

/** Reads a label's value; `undefined` where the key is missing. */
export type LabelReader<T> = (of: T, key: string) => string | undefined;

/** Own properties only: a label selector may well ask for a key named `constructor`. */
export const readLabel: LabelReader<Labels> = (labels, key) =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** Compiles a valid selector; an absent one matches everything, like an empty one. */
export function compileSelector(selector?: LabelSelector | null): (labels: Labels) => boolean {
  return compileSelectorFor(selector, readLabel);
}

/** The same for anything that `read` finds labels on. */
export function compileSelectorFor<T>(
  selector: LabelSelector | null | undefined,
  read: LabelReader<T>,
): (of: T) => boolean {
  const tests: ((of: T) => boolean)[] = [];
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) {
    tests.push((of) => read(of, key) === value);
  }
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const wanted = new Set(values ?? []);
    const test: (value: string | undefined) => boolean = {
      In: (value: string | undefined) => value !== undefined && wanted.has(value),
      NotIn: (value: string | undefined) => value === undefined || !wanted.has(value),
      Exists: (value: string | undefined) => value !== undefined,
      DoesNotExist: (value: string | undefined) => value === undefined,
    }[operator as Operator];
    tests.push((of) => test(read(of, key)));
  }
  return (of) => tests.every((test) => test(of));
}

/** False for a selector that matches everything. */
export function asksForLabels(selector?: LabelSelector | null): boolean {
  const { matchLabels, matchExpressions } = selector ?? {};
  return Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0;
}

const operators = ["In", "NotIn", "Exists", "DoesNotExist"] as const;
type Operator = (typeof operators)[number];

/** Checks a selector as the API server does. `keyOf` strips what a kind allows before a label's key. */
export function checkSelector(
  check: Checker,
  value: unknown,
  field: string,
  keyOf = (key: string) => key,
): void {
  const selector = check.fields(value, field);
  const labels = check.fields(selector?.matchLabels, `${field}.matchLabels`) ?? {};
  for (const [key, text] of Object.entries(labels)) {
    checkKey(check, keyOf(key), `${field}.matchLabels.${key}`);
    checkValue(check, text, `${field}.matchLabels.${key}`);
  }
  for (const [item, place] of check.each(selector?.matchExpressions, `${field}.matchExpressions`)) {
    checkKey(check, typeof item.key === "string" ? keyOf(item.key) : item.key, `${place}.key`);
    check.oneOf(item.operator ?? "", operators, `${place}.operator`);
    const values = check.list(item.values, `${place}.values`);
    const needsValues = item.operator === "In" || item.operator === "NotIn";
    if (needsValues && values.length === 0) {
      check.report(`${place}.values`, `is empty; ${item.operator} needs at least one value`);
    }
    if (!needsValues && values.length > 0) {
      check.report(
        `${place}.values`,
        `is set; ${show(item.operator)} takes no values, remove them`,
      );
    }
    for (const [i, text] of values.entries()) checkValue(check, text, `${place}.values[${i}]`);
  }
}

function checkKey(check: Checker, key: unknown, field: string): void {
  if (typeof key === "string" && isLabelKey(key)) return;
  check.report(field, `has the key ${show(key)}; a label's key is [prefix/]name`);
}

function checkValue(check: Checker, value: unknown, field: string): void {
  if (typeof value === "string" && isLabelValue(value)) return;
  const mend = typeof value === "string" ? "use letters, digits, - _ ., 63 at most" : "quote it";
  check.report(field, `is ${show(value)}, which no label can have; ${mend}`);
}

/** Labels and label selectors of workloads, as the API server checks them. */
import { type Checker, type Fields, isSet } from "../checker.ts";
import { isLabelKey, isLabelValue } from "../names.ts";

const OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist"];

/** Checks labels, or a selector that is a plain map; returns those that are text. */
export function checkLabels(check: Checker, value: unknown, field: string): Record<string, string> {
  const labels = check.textMap(value, field);
  for (const [key, text] of Object.entries(labels)) {
    const place = `${field}.${key}`;
    if (!isLabelKey(key)) check.report(place, "is no label key; write [prefix/]name");
    checkLabelValue(check, text, place);
  }
  return labels;
}

function checkLabelValue(check: Checker, value: unknown, field: string): void {
  const text = check.text(value, field);
  if (text === undefined || isLabelValue(text)) return;
  const mend = "a label's value has letters, digits, - _ . and 63 of them at most";
  check.report(field, `is ${check.show(text, field)}; ${mend}`);
}

/**
 * Checks a workload's selector, which must match its own template: the API server rejects a controller
 * that wouldn't find its pods.
 * @param labels the template's; undefined where they're wrong themselves, and not compared
 */
export function checkOwnSelector(
  check: Checker,
  value: unknown,
  field: string,
  labels: Record<string, string> | undefined,
): void {
  const selector = check.fields(value, field) ?? {};
  const before = check.problems.length;
  const wanted = Object.entries(checkLabels(check, selector.matchLabels, `${field}.matchLabels`));
  const expressions = [...check.each(selector.matchExpressions, `${field}.matchExpressions`)];
  for (const [expression, place] of expressions) checkExpression(check, expression, place);
  if (check.problems.length > before) return;
  if (wanted.length + expressions.length === 0) {
    check.report(field, "selects nothing; give matchLabels that the template's labels have");
  }
  if (!labels) return;
  for (const [key, text] of wanted) {
    const place = `${field}.matchLabels.${key}`;
    if (read(labels, key) !== text)
      check.reportClear(place, mismatch(check.show(text, place), labels, key));
  }
  for (const [expression, place] of expressions) {
    if (matches(expression, labels)) continue;
    check.reportClear(place, "doesn't match the template's own labels; make the two agree");
  }
}

function mismatch(wanted: string, labels: Record<string, string>, key: string): string {
  const own = read(labels, key);
  const has = own === undefined ? "has no such label" : `has ${JSON.stringify(own)}`;
  return `is ${wanted}, but the template ${has}; make the two agree`;
}

function checkExpression(check: Checker, expression: Fields, place: string): void {
  const key = check.requiredText(expression.key, `${place}.key`, "name a label");
  if (key !== undefined && !isLabelKey(key)) {
    check.report(`${place}.key`, `is ${check.show(key, `${place}.key`)}; write [prefix/]name`);
  }
  check.requiredOneOf(expression.operator, OPERATORS, `${place}.operator`);
  const values = check.list(expression.values, `${place}.values`);
  for (const [i, value] of values.entries()) checkLabelValue(check, value, `${place}.values[${i}]`);
  const { operator } = expression;
  const takesValues = operator === "In" || operator === "NotIn";
  if (takesValues && values.length === 0) {
    check.report(`${place}.values`, `is empty; ${operator} needs at least one value`);
  }
  if (!takesValues && OPERATORS.includes(String(operator)) && values.length > 0) {
    check.report(`${place}.values`, `is set; ${operator} takes no values, remove them`);
  }
}

function matches({ key, operator, values }: Fields, labels: Record<string, string>): boolean {
  const value = read(labels, String(key));
  const isListed = value !== undefined && Array.isArray(values) && values.includes(value);
  switch (operator) {
    case "In":
      return isListed;
    case "NotIn":
      return !isListed;
    case "Exists":
      return isSet(value);
    default:
      return !isSet(value);
  }
}

/** Own labels only: a key may well be `constructor`. */
function read(labels: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

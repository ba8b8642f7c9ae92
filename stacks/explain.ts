import leven from "leven";
import { z } from "zod";

/** Shows a value in a message: short, and never one that may hold credentials. */
export function show(path: string, value: unknown): string {
  if (/(kubeconfig|password|token|privateKey)$/i.test(path)) return "a value of the wrong form";
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The nearest of the known words, if it is near enough to be a slip of the pen. */
export function nearest(word: string, known: string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, distance: leven(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(word.length / 3))
    ? best.candidate
    : undefined;
}

/** `a, b or c` */
export function either(words: string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The command that mends a setting; one that is never anything but a secret becomes one. */
export function run(path: string, value: string): string {
  const secret = /(password|token)$/i.test(path) ? "--secret " : "";
  return `run "pulumi config set ${secret}--path micromesh:${path} ${value}"`;
}

/**
 * Says in one line each what is wrong with one part of the configuration: the key, its value, what it
 * must be, and the command that mends it.
 * @param part the part's key, e.g. `cni`
 * @param examples by path below `micromesh:`, a value to show in the command
 */
export function explain(
  part: string,
  schema: z.ZodType,
  value: unknown,
  issues: z.core.$ZodIssue[],
  examples: Record<string, string>,
): string[] {
  return issues.flatMap((issue) => {
    const path = pathOf(part, issue.path);
    const found = at(value, issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = settingsAt(schema, value, issue.path);
      const kind = at(value, ["kind"]);
      return issue.keys.map((key) => unknownKey(path, key, known, kind));
    }
    // Of a value in it, as opposed to the part, the issue's own message tells more.
    const ofPart = issue.path.length === 0 || issue.path[0] === "kind";
    if (issue.code === "invalid_union" && ofPart) return kindProblems(part, schema, value);
    if (issue.path.length === 0 && hasKinds(schema)) {
      const kinds = kindsOf(schema);
      const meant = kinds.find((kind) => kind === value) ?? kinds[0] ?? "KIND";
      return [
        `micromesh:${path} is ${show(path, value)}; it must be an object with a kind: ` +
          run(`${path}.kind`, meant),
      ];
    }
    const mend = run(path, examples[path] ?? "VALUE");
    return found === undefined
      ? [`micromesh:${path} is missing; ${issue.message}: ${mend}`]
      : [`micromesh:${path} is ${show(path, found)}; ${issue.message}: ${mend}`];
  });
}

function unknownKey(path: string, key: string, known: string[], kind: unknown): string {
  const near = nearest(key, known);
  if (near) return `micromesh:${path}.${key} is not a setting; did you mean ${near}?`;
  const where = typeof kind === "string" ? `a setting of kind ${kind}` : "a setting";
  return (
    `micromesh:${path}.${key} is not ${where}: ` +
    `run "pulumi config rm --path micromesh:${path}.${key}"`
  );
}

/** A kind that is missing, misspelt, or under a misspelt key. */
function kindProblems(part: string, schema: z.ZodType, value: unknown): string[] {
  const given = at(value, ["kind"]);
  const kinds = kindsOf(schema);
  if (given === undefined) {
    const slip = Object.keys(value as object).find((key) => nearest(key, ["kind"]));
    if (slip) return [unknownKey(part, slip, ["kind"], undefined)];
  }
  const near = typeof given === "string" ? nearest(given, kinds) : undefined;
  const state = given === undefined ? "missing" : show(part, given);
  return [
    `micromesh:${part}.kind is ${state}; it must be ${either(kinds)}` +
      `${near ? ` (did you mean ${near}?)` : ""}: ${run(`${part}.kind`, near ?? kinds[0] ?? "KIND")}`,
  ];
}

function hasKinds(schema: z.ZodType): schema is z.ZodDiscriminatedUnion {
  return schema instanceof z.ZodDiscriminatedUnion;
}

function kindsOf(schema: z.ZodType): string[] {
  if (!hasKinds(schema)) return [];
  return schema.options.map((option) => kindOf(option as z.ZodObject));
}

function kindOf(option: z.ZodObject): string {
  return String((option.shape.kind as z.ZodLiteral).value);
}

/** The settings that may stand in the object at `path`. */
function settingsAt(schema: z.ZodType, value: unknown, path: PropertyKey[]): string[] {
  let here: unknown = schema;
  if (hasKinds(schema)) {
    here = schema.options.find((option) => kindOf(option as z.ZodObject) === at(value, ["kind"]));
  }
  for (const key of path) {
    if (here instanceof z.ZodArray) here = unwrapped(here.element);
    else here = unwrapped(here instanceof z.ZodObject ? here.shape[String(key)] : undefined);
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
    ? unwrapped(schema.unwrap())
    : schema;
}

function at(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (node as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}

/** `cluster.addons[1]`, as `pulumi config set --path` takes it. */
function pathOf(part: string, path: PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : `${text}.${String(key)}`),
    part,
  );
}

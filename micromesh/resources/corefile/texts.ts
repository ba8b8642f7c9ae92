/** Go's regular expressions and text templates, as far as Corefiles use them. */
import { CorefileError, type Place } from "./tokens.ts";

/**
 * A regular expression of Go (RE2) as one of this language: `(?P<name>` and flags at the beginning are the
 * differences that Corefiles show.
 * @throws CorefileError if it's none
 */
export function goRegExp(source: string, place: Place): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const rest = source.slice(flags?.[0].length ?? 0).replaceAll("(?P<", "(?<");
  try {
    return new RegExp(rest.replace(/\\z/g, "$").replace(/^\\A/, "^"), flags?.[1]);
  } catch {
    throw new CorefileError(place, `could not parse regex: ${source}`);
  }
}

/** What a template may speak of. */
export interface TemplateData {
  /** With the dot at its end. */
  name: string;
  zone: string;
  type: string;
  match: RegExpExecArray;
}

/**
 * The text of a template: `{{ .Name }}`, `.Zone`, `.Type`, `.Class`, `.Group.NAME` and `index .Match N`.
 * @returns undefined where it says anything else
 */
export function textIn(template: string, data: TemplateData): string | undefined {
  let known = true;
  const text = template.replace(/\{\{-?\s*(.*?)\s*-?\}\}/g, (_, action: string) => {
    const value = fieldIn(action, data);
    if (value === undefined) known = false;
    return value ?? "";
  });
  return known ? text : undefined;
}

/** Whether `textIn` can tell a template's text. */
export function isKnownTemplate(template: string): boolean {
  return [...template.matchAll(/\{\{-?\s*(.*?)\s*-?\}\}/g)].every(([, action = ""]) =>
    /^(\.(Name|Zone|Type|Class)|\.Group\.\w+|index \.Match \d+)$/.test(action),
  );
}

function fieldIn(action: string, { name, zone, type, match }: TemplateData): string | undefined {
  const plain: Record<string, string> = {
    ".Name": name,
    ".Zone": zone,
    ".Type": type,
    ".Class": "IN",
  };
  const known = plain[action];
  if (known !== undefined) return known;
  const group = /^\.Group\.(\w+)$/.exec(action)?.[1];
  // A group that isn't there is an empty text, as a missing key of a map of texts is.
  if (group !== undefined) return match.groups?.[group] ?? match[Number(group)] ?? "";
  const index = /^index \.Match (\d+)$/.exec(action)?.[1];
  return index === undefined ? undefined : match[Number(index)];
}

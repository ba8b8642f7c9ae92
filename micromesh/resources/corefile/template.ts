/** CoreDNS' plugin `template` (https://coredns.io/plugins/template/): answers made of the question. */
import { isIP } from "node:net";
import type { Directive } from "./parse.ts";
import { RCODES, RECORD_TYPES } from "./protocol.ts";
import type { Handled, Question, ResourceRecord } from "./question.ts";
import { goRegExp, textIn } from "./texts.ts";
import { CorefileError, type Place } from "./tokens.ts";
import { full, normal, zoneOf, zonesOr } from "./zones.ts";

export interface Template {
  /** `ANY` or one type of record. */
  type: string;
  zones: string[];
  /** Regular expressions of Go, of which one must match. */
  match: string[];
  rcode: string;
  /** Records in the form of a zone file, with Go templates in them. */
  answers: string[];
  /** Zones whose names go on to the next plugin where no expression matches. */
  fallthrough: string[];
  place: Place;
}

export function templateFrom(
  { args, block = [], place }: Directive,
  servers: string[],
): Template | undefined {
  const [dnsClass = "", type = "", ...zones] = args;
  if (!["IN", "CH", "HS", "ANY"].includes(dnsClass)) {
    throw new CorefileError(place, `template: invalid query class ${dnsClass || "(none)"}`);
  }
  if (!RECORD_TYPES.includes(type)) {
    throw new CorefileError(place, `template: invalid RR class ${type || "(none)"}`);
  }
  const template: Template = {
    type,
    zones: zonesOr(zones, servers),
    match: [],
    rcode: "NOERROR",
    answers: [],
    fallthrough: [],
    place,
  };
  for (const { words, place: at } of block) read(template, words, at);
  if (template.match.length === 0) template.match.push(".*");
  // Resolvers ask for the class IN only.
  return dnsClass === "IN" || dnsClass === "ANY" ? template : undefined;
}

function read(template: Template, [word = "", ...args]: string[], place: Place): void {
  const needed = () => {
    if (args.length === 0) throw new CorefileError(place, `template: ${word} needs an argument`);
  };
  switch (word) {
    case "match":
      needed();
      for (const source of args) goRegExp(source, place);
      template.match.push(...args);
      return;
    case "answer":
      needed();
      template.answers.push(...args);
      return;
    case "rcode":
      needed();
      if (!RCODES.includes(args[0] as string)) {
        throw new CorefileError(place, `template: unknown rcode ${args[0]}`);
      }
      template.rcode = args[0] as string;
      return;
    case "fallthrough":
      template.fallthrough = zonesOr(args, [""]);
      return;
    case "additional":
    case "authority":
    case "ederror":
      needed();
      return;
    case "upstream":
      return;
    default:
      throw new CorefileError(place, `template: unknown property ${word}`);
  }
}

/** What CoreDNS answers by its templates, which are asked in their order. */
export function askTemplates(templates: Template[], question: Question): Handled | "through" {
  const name = full(question.name);
  for (const template of templates) {
    const by = { plugin: "template", place: template.place };
    const zone = zoneOf(question.name, template.zones);
    if (zone === undefined) continue;
    if (template.type !== "ANY" && template.type !== question.type) continue;
    const match = template.match
      .map((source) => goRegExp(source, template.place).exec(name))
      .find((found) => found !== null);
    if (!match) {
      if (zoneOf(question.name, template.fallthrough) !== undefined) continue;
      return { kind: "failure", rcode: "SERVFAIL", by };
    }
    if (template.rcode !== "NOERROR") return { kind: "failure", rcode: template.rcode, by };
    const data = { name, zone: full(zone), type: question.type, match };
    const records = template.answers.flatMap((answer) => {
      const text = textIn(answer, data);
      return text === undefined ? [] : [recordFrom(text)];
    });
    // A text that makes no record is an error while answering.
    return records.every((record) => record !== undefined)
      ? { kind: "records", records, by }
      : { kind: "failure", rcode: "SERVFAIL", by };
  }
  return "through";
}

/** `NAME [TTL] [CLASS] TYPE VALUE`, as zone files have it. */
function recordFrom(text: string): ResourceRecord | undefined {
  const words = text.trim().split(/\s+/).slice(1);
  while (/^\d+$/.test(words[0] ?? "") || words[0]?.toUpperCase() === "IN") words.shift();
  const [type = "", ...value] = words;
  const known = RECORD_TYPES.includes(type.toUpperCase()) && value.length > 0;
  const family = { A: 4, AAAA: 6 }[type.toUpperCase()];
  if (!known || (family !== undefined && isIP(value[0] as string) !== family)) return undefined;
  const isName = ["CNAME", "PTR", "NS"].includes(type.toUpperCase());
  const last = value.at(-1) as string;
  const text_ = type.toUpperCase() === "SRV" ? [...value.slice(0, -1), normal(last)] : value;
  return { type: type.toUpperCase(), value: isName ? normal(last) : text_.join(" ") };
}

/** Why one connection is as it is, and the smallest change that would turn it. */
import { type AddressRange, addressText, rangeText } from "../../connectivity/address.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import type { DeclaredPlatform } from "../../resources/platform.ts";
import { UsageError } from "../../resources/usage-error.ts";
import { type Analysis, analyse } from "../analysis.ts";
import type { Verdict } from "../prediction.ts";
import { sentences } from "../sentence.ts";
import { answerTo, type Place } from "./answer.ts";
import type { End } from "./ends.ts";
import { partsOf } from "./outside.ts";
import { type Question, questionOf } from "./question.ts";
import { type Change, smallestChange } from "./search.ts";
import { type World, worldOf } from "./world.ts";

export type { Change } from "./search.ts";

export interface Step {
  /** What decides here: the Service on the way, the look-up of the name, the network's policies, the mesh's. */
  at: Place;
  verdict: Verdict;
  /** A sentence each. */
  because: string[];
}

export interface Explanation {
  from: string;
  /** With its port: `d-redis/redis[Deployment] TCP 6379`. */
  to: string;
  verdict: Verdict;
  /** In the order in which they're taken. */
  steps: Step[];
  /** The least that would turn the verdict, tried out; undefined: none was found. */
  change?: Change;
  /** Requests that are let in, where it depends on them. */
  requests?: string[];
}

/**
 * @param source see `questionOf`
 * @throws UsageError where an end isn't known, or is a range of addresses that don't all fare alike
 */
export function explain(
  objects: KubernetesObject[],
  platform: DeclaredPlatform,
  source: string,
  destination: string,
): Explanation {
  const analysis = analyse(objects, platform);
  const world = worldOf(analysis);
  const asked = questionOf(world, source, destination);
  const parts = partsOfEnds(asked, analysis);
  const ask = (where: World) =>
    parts.map((part) => about(questionOf(where, source, destination), part));
  const answers = ask(world).map((question) => answerTo(question, world));
  const [answer] = answers as [(typeof answers)[number]];
  if (answers.some(({ verdict }) => verdict !== answer.verdict)) {
    const fare = parts.map((part, i) => ({ part, verdict: answers[i]?.verdict as Verdict }));
    throw new UsageError(differently(asked, fare));
  }
  const { from, to, port, protocol } = asked;
  const change = smallestChange(ask, world, analysis);
  return {
    from: from.title,
    to: `${to.title} ${protocol} ${port}`,
    verdict: answer.verdict,
    steps: answer.decisions.map(({ at, verdict, because }) => ({
      at,
      verdict,
      because: sentences(because).map((text) => inWords(text, asked)),
    })),
    ...(answer.requests.length > 0 && { requests: [...new Set(answer.requests)] }),
    ...(change && { change }),
  };
}

/** Of a range its first address was asked about, and the whole is meant. */
function inWords(text: string, { from, to }: Question): string {
  const end = rangeOf(from) ? from : to;
  const range = rangeOf(end);
  if (!range || range.first === range.last) return text;
  const ip = addressText(range.family, range.first);
  return text.replaceAll(
    new RegExp(`\\bexternal ${ip.replaceAll(".", "\\.")}(?![\\w.:])`, "g"),
    end.title,
  );
}

/** Where one end is a range of addresses, those parts of it that something tells apart. */
function partsOfEnds({ from, to }: Question, { ends }: Analysis): (AddressRange | undefined)[] {
  const range = rangeOf(from) ?? rangeOf(to);
  return range ? partsOf(range, ends) : [undefined];
}

function rangeOf(end: End | Question["to"]): AddressRange | undefined {
  return end.kind === "outside" ? end.range : undefined;
}

/** The same question, put for the first address of a part. */
function about(question: Question, part: AddressRange | undefined): Question {
  if (!part) return question;
  const ip = addressText(part.family, part.first);
  const at = <T extends End | Question["to"]>(end: T): T =>
    end.kind === "outside" && end.range ? { ...end, peer: { kind: "external", ip } } : end;
  return { ...question, from: at(question.from), to: at(question.to) };
}

/** More ranges than this aren't listed. */
const mostRanges = 6;

function differently(
  { from, to }: Question,
  fare: { part: AddressRange | undefined; verdict: Verdict }[],
): string {
  const merged: { range: AddressRange; verdict: Verdict }[] = [];
  for (const { part, verdict } of fare) {
    const last = merged.at(-1);
    if (!part) continue;
    if (last?.verdict === verdict && last.range.last + 1n === part.first) {
      last.range = { ...last.range, last: part.last };
    } else merged.push({ range: part, verdict });
  }
  const title = rangeOf(from) ? from.title : to.title;
  const list = merged
    .slice(0, mostRanges)
    .map(({ range, verdict }) => `${rangeText(range)} (${verdict})`);
  const more = merged.length > mostRanges ? `, and ${merged.length - mostRanges} more` : "";
  return `--explain ${title}: not all of its addresses fare alike; ask about one of ${list.join(", ")}${more}`;
}

/**
 * Looks for the smallest change that turns an answer, by trying changes out: the fewest edits, and of those
 * the one that does least besides.
 */
import { validate } from "../../connectivity/index.ts";
import type { KubernetesObject } from "../../resources/declared.ts";
import { objectKey } from "../../resources/kubernetes.ts";
import type { Analysis } from "../analysis.ts";
import { type Answer, answerTo } from "./answer.ts";
import { closingEdits } from "./closing.ts";
import type { Edit } from "./edit.ts";
import { openingEdits } from "./opening.ts";
import type { Question } from "./question.ts";
import { alsoCut, alsoOpened } from "./side-effects.ts";
import { changed, type World } from "./world.ts";

export interface Change {
  /** What to do, in a sentence without an end. */
  text: string;
  /**
   * Policies as they're to be, each in place of the one of its kind and name, or added; of a workload only the
   * fields that change, to be merged into its manifest (`kubectl patch`).
   */
  objects: KubernetesObject[];
  /**
   * What else it does: other ways on that port that it opens, or ways that something needs and that it cuts;
   * `shop/web[Deployment] => shop/db[Deployment] TCP 5432` each.
   */
  also: string[];
}

/** Edits that are made one upon the other, at most. */
const mostSteps = 6;
/** Trials, at most: where nothing helps, that is to be found out in a short time too. */
const mostTrials = 200;

/** What has been changed so far, and what came of it. */
interface State {
  edits: Edit[];
  world: World;
  question: Question;
  answer: Answer;
}

/**
 * @param ask the question in a world; several where it's about addresses that something tells apart
 * @returns undefined where no change of a policy or two was found
 */
export function smallestChange(
  ask: (world: World) => Question[],
  start: World,
  analysis: Analysis,
): Change | undefined {
  const first = looked(ask, start, []);
  const wanted = first.answer.verdict === "allow" ? "deny" : "allow";
  const isOver = (state: State) =>
    ask(state.world).every((one) => answerTo(one, state.world).verdict === wanted);
  let states = [first];
  for (let step = 0, trials = 0; step < mostSteps; step++) {
    const next = new Map<string, State>();
    let best: Change | undefined;
    for (const state of states) {
      for (const edits of editsOf(state, wanted, analysis)) {
        if (++trials > mostTrials) break;
        const tried = attempt(ask, start, state, edits);
        if (!tried) continue;
        if (isOver(tried)) {
          const change = changeOf(tried, first, wanted, analysis);
          if (change.also.length === 0) return change;
          if (!best || change.also.length < best.also.length) best = change;
        } else {
          const left = whatIsLeft(state, tried, edits);
          if (left !== undefined && !next.has(left)) next.set(left, tried);
        }
      }
    }
    if (best) return best;
    states = [...next.values()];
  }
  return undefined;
}

function looked(ask: (world: World) => Question[], world: World, edits: Edit[]): State {
  const [question] = ask(world) as [Question];
  return { edits, world, question, answer: answerTo(question, world) };
}

function editsOf(state: State, wanted: "allow" | "deny", analysis: Analysis): Edit[][] {
  const { question, answer, world } = state;
  return wanted === "allow"
    ? openingEdits(question, answer, world)
    : closingEdits(question, answer, world, analysis);
}

/** Undefined where the API server would reject what comes of it. */
function attempt(
  ask: (world: World) => Question[],
  start: World,
  { edits: before }: State,
  more: Edit[],
): State | undefined {
  const edits = [...before, ...more];
  const objects = objectsOf(edits);
  return validate(objects).length > 0 ? undefined : looked(ask, changed(start, objects), edits);
}

/** Each object once, as the last of its edits leaves it. */
function objectsOf(edits: Edit[]): KubernetesObject[] {
  return [...new Map(edits.map(({ object }) => [objectKey(object), object])).values()];
}

/**
 * What is still to be done, as text; undefined where nothing was won. That something in the way, or that let
 * it through, is gone, counts as won, and so does a rule less: the next one may look the same.
 */
function whatIsLeft(before: State, after: State, edits: Edit[]): string | undefined {
  const left = reasonsOf(after);
  const text = [...left].sort().join("\n");
  if ([...reasonsOf(before)].some((reason) => !left.has(reason))) return text;
  const removed = edits.flatMap(({ removes, text }) => (removes ? [text] : []));
  return removed.length > 0 ? [text, ...removed].join("\n") : undefined;
}

/** What the answer rests upon: of a refusal the places that refuse, of a permission all of them. */
function reasonsOf({ answer }: State): Set<string> {
  const isOpen = answer.verdict === "allow";
  return new Set(
    answer.decisions
      .filter(({ verdict }) => isOpen || verdict !== "allow")
      .flatMap(({ at, because }) =>
        because.map(({ kind, namespace, name, rule, text }) =>
          JSON.stringify([at, kind, namespace, name, rule, text.split(" ").slice(0, 4)]),
        ),
      ),
  );
}

function changeOf(
  { edits, world }: State,
  first: State,
  wanted: "allow" | "deny",
  analysis: Analysis,
): Change {
  const sideEffects = wanted === "allow" ? alsoOpened : alsoCut;
  return {
    text: edits.map(({ text }) => text).join("; and "),
    objects: objectsOf(edits),
    also: sideEffects(first.question, first.world, world, analysis),
  };
}

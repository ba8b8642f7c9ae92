import { expand, type Match } from "./rewrite-expand.ts";
import { atoi } from "./rewrite-flags.ts";
import type { RewriteCondition } from "./rewrite-model.ts";
import type { RewriteContext, RewriteState } from "./rewrite-state.ts";

/** Looks up `%{NAME}` for a state. */
export const lookup = (state: RewriteState, context: RewriteContext) => (name: string) =>
  context.variable(name, state);

/** Whether the conditions before a rule hold; the last that matched gives `%N`. */
export function conditionsHold(
  conditions: readonly RewriteCondition[],
  match: Match,
  state: RewriteState,
  context: RewriteContext,
): boolean {
  for (let index = 0; index < conditions.length; index++) {
    const condition = conditions[index] as RewriteCondition;
    const holds = conditionHolds(condition, match, state, context);
    if (condition.orNext) {
      if (!holds) continue;
      while (conditions[index]?.orNext) index++;
    } else if (!holds) return false;
  }
  return true;
}

function conditionHolds(
  condition: RewriteCondition,
  match: Match,
  state: RewriteState,
  context: RewriteContext,
): boolean {
  const input = expand(condition.input, match, lookup(state, context), {}).text;
  const { test } = condition;
  let holds = false;
  switch (test.kind) {
    case "pattern": {
      const found = test.pattern.exec(input);
      holds = found !== null;
      if (found && !condition.negated) match.condition = found;
      break;
    }
    case "text":
      holds = compares(
        test.operator,
        textOrder(input, test.operand, condition.ignoreCase, test.operator),
      );
      break;
    case "number":
      holds = compares(test.operator, atoi(input) - test.operand);
      break;
    case "file": {
      const facts = context.file(input);
      if (facts)
        holds =
          test.what === "link"
            ? facts.link
            : test.what === "executable"
              ? facts.executable
              : test.what === "directory"
                ? facts.kind === "directory"
                : facts.kind === "file" && (test.what === "file" || facts.size > 0);
      break;
    }
  }
  return holds !== condition.negated;
}

function compares(operator: "<" | "<=" | ">" | ">=" | "=", order: number): boolean {
  if (operator === "<") return order < 0;
  if (operator === "<=") return order <= 0;
  if (operator === ">") return order > 0;
  if (operator === ">=") return order >= 0;
  return order === 0;
}

/** compare_lexicography: the longer text is the greater one, whatever it says. */
function textOrder(a: string, b: string, ignoreCase: boolean, operator: string): number {
  const [x, y] = ignoreCase ? [a.toLowerCase(), b.toLowerCase()] : [a, b];
  if (!ignoreCase && operator !== "=" && x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

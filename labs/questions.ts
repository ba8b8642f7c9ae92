import type { ProbeInput } from "../stacks/outputs.ts";

/** What a question's answer may be; undefined: it isn't asked. */
export type Answer = Pick<ProbeInput, "expect" | "timeoutSeconds"> | undefined;

/** Where a scenario answers otherwise than the lab's first one. */
export type Answers<Question extends string> = Partial<Record<Question, Answer>>;

/** Packets are dropped: so many seconds of silence are enough to tell. */
export const silence = { expect: { failure: "timeout" as const }, timeoutSeconds: 3 };

/**
 * The probes of a scenario of a lab that asks all of them the same questions.
 * @param questions in the order to ask them, with the answers of the lab's first scenario
 */
export function ask<Question extends string>(
  questions: Record<Question, ProbeInput>,
  answers: Answers<Question>,
): ProbeInput[] {
  return (Object.keys(questions) as Question[]).flatMap((question) => {
    if (!Object.hasOwn(answers, question)) return [questions[question]];
    const answer = answers[question];
    return answer ? [{ ...questions[question], ...answer }] : [];
  });
}

/**
 * How a lab's scenarios are told: what its component resource (`micromesh:labs:<Name>Lab`) is given as inputs, which
 * Pulumi keeps and doesn't print at every preview, as it does the stack's outputs.
 */
import { z } from "zod";

/** How a scenario is told to whoever plays it, or teaches with it. All of it is plain text. */
export const telling = z.strictObject({
  /** As stack config has it. */
  name: z.string(),
  /** What is the case, in a few words. */
  title: z.string(),
  /** What it teaches, in one or two sentences. */
  teaches: z.string(),
  /** What its users meet, in their words: no cause is named. */
  symptom: z.string(),
  /** Where to look, each nearer to the cause than the one before. */
  hints: z.tuple([z.string(), z.string(), z.string()]),
  /** Why it looks as it does. */
  explanation: z.string(),
  /** What puts it right. */
  mend: z.string(),
  /** The declared objects that differ from those of the lab's first scenario: kind and name, `*` for what varies. */
  changes: z.array(z.string()),
  /** The scenario that it goes on from, where several are played one after another; default: the lab's first. */
  after: z.string().optional(),
});
export type Telling = z.infer<typeof telling>;

/** Inputs of a lab's component. */
export const toldScenarios = z.strictObject({
  /** The one that is declared. */
  scenario: z.string(),
  /** Every scenario of the lab, in the order to play them; the first is what the others differ from. */
  scenarios: z.array(telling),
});
export type ToldScenarios = z.infer<typeof toldScenarios>;

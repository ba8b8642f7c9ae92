import { type ReadyQuestion, readReadyQuestion } from "../runtimes/postgres/pg-isready.ts";
import { imageName } from "./images.ts";
import type { ContainerSpec, ProbeSpec } from "./spec.ts";

/** What a probe by `pg_isready` asks a postgres container for; undefined for any other probe. */
export function readyQuestionOf(
  { image }: Pick<ContainerSpec, "image">,
  { exec }: ProbeSpec,
): ReadyQuestion | undefined {
  if (imageName(image) !== "postgres" || !exec) return undefined;
  return readReadyQuestion(exec.command ?? []);
}

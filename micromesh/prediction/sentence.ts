import type { Reason } from "../connectivity/model.ts";

/** A reason in one line: `NetworkPolicy d-redis/isolate spec.ingress[0].from[1]: allows TCP 6379 from …`. */
export function sentence({ kind, namespace, name, rule, text }: Reason): string {
  if (!kind) return text;
  const object = `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
  return `${object}${rule ? ` ${rule}` : ""}: ${text}`;
}

/** The reasons as lines, each once. */
export function sentences(because: Reason[]): string[] {
  return [...new Set(because.map(sentence))];
}

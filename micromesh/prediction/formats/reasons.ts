/** Reasons that say the same of different ends. */

interface Reasoned {
  from: string;
  to: string;
  because: readonly string[];
}

/** The same for reasons that differ in nothing but the names of the ends. */
export function reasonKey({ from, to, because }: Reasoned): string {
  const ends = [from, to].map((id) => id.replace(/\[\w+\]$/, "")).filter((name) => name !== "");
  // The longer first: the other one may be the beginning of it.
  ends.sort((a, b) => b.length - a.length);
  return JSON.stringify(
    because.map((reason) => ends.reduce((text, end) => text.replaceAll(end, "…"), reason)),
  );
}

/** Reasons for several flows: those of one stand for all, as an example where they aren't the same. */
export function shared(flows: readonly Reasoned[]): string[] {
  const first = flows[0]?.because ?? [];
  return first.map((reason, i) =>
    flows.every(({ because }) => because[i] === reason) ? reason : `e.g. ${reason}`,
  );
}

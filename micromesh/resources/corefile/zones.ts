/** Names and zones, in lower case and without the dot at their end; the root is the empty name. */

/** A name as this folder writes it. */
export function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** A name as plugins see it, with the dot at its end. */
export function full(name: string): string {
  return `${name}.`;
}

/** The most specific of the zones that a name stands in; undefined: none. */
export function zoneOf(name: string, zones: readonly string[]): string | undefined {
  let best: string | undefined;
  for (const zone of zones) {
    const inside = zone === "" || name === zone || name.endsWith(`.${zone}`);
    if (inside && (best === undefined || zone.length > best.length)) best = zone;
  }
  return best;
}

/** A zone's name; an address block stands for the reverse zones of its whole octets. */
export function zonesFrom(word: string): string[] {
  const block = /^(\d+(?:\.\d+){3})\/(\d+)$/.exec(word);
  if (!block) return [normal(word)];
  const octets = (block[1] as string).split(".").map(Number);
  const bits = Number(block[2]);
  const whole = Math.ceil(bits / 8);
  // A block between two octets is many zones: one for each value of the octet that it cuts.
  const count = 2 ** (whole * 8 - bits);
  const start = ((octets[whole - 1] ?? 0) / count) | 0;
  return Array.from({ length: whole === 0 ? 1 : count }, (_, i) => {
    const kept = octets.slice(0, whole);
    if (whole > 0) kept[whole - 1] = start * count + i;
    return [...kept.reverse(), "in-addr", "arpa"].join(".");
  });
}

/** The zones that a plugin names, else those of its server block. */
export function zonesOr(words: readonly string[], servers: readonly string[]): string[] {
  return words.length > 0 ? words.flatMap(zonesFrom) : [...servers];
}

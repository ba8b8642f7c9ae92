/**
 * Glob patterns as Redis matches them (`stringmatchlen`): `*`, `?`, `[abc]`, `[^a-z]`, `\` to
 * escape. Backtracks to the last star only, so that no pattern takes exponential time.
 */

/** Whether the whole text matches the pattern. */
export function matchesGlob(pattern: string, text: string, ignoreCase = false): boolean {
  if (ignoreCase) return matchesGlob(pattern.toLowerCase(), text.toLowerCase());
  let p = 0;
  let t = 0;
  let starPattern = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern.charAt(p) === "*") {
      starPattern = ++p;
      starText = t;
      continue;
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charAt(t)) : -1;
    if (next >= 0) {
      p = next;
      t++;
    } else if (starPattern >= 0) {
      p = starPattern;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (pattern.charAt(p) === "*") p++;
  return p === pattern.length;
}

/** Where the pattern goes on after matching one character, or -1 where it doesn't match. */
function matchOne(pattern: string, at: number, c: string): number {
  const token = pattern.charAt(at);
  if (token === "?") return at + 1;
  if (token === "[") return matchClass(pattern, at + 1, c);
  const escaped = token === "\\" && at + 1 < pattern.length;
  const literal = escaped ? pattern.charAt(at + 1) : token;
  return literal === c ? at + (escaped ? 2 : 1) : -1;
}

function matchClass(pattern: string, from: number, c: string): number {
  let at = from;
  const negated = pattern.charAt(at) === "^";
  if (negated) at++;
  let found = false;
  // An unclosed class ends with the pattern, as in Redis.
  while (at < pattern.length && pattern.charAt(at) !== "]") {
    if (pattern.charAt(at) === "\\" && at + 1 < pattern.length) {
      found ||= pattern.charAt(at + 1) === c;
      at += 2;
    } else if (pattern.charAt(at + 1) === "-" && at + 2 < pattern.length) {
      const [low, high] = [pattern.charAt(at), pattern.charAt(at + 2)].sort() as [string, string];
      found ||= low <= c && c <= high;
      at += 3;
    } else {
      found ||= pattern.charAt(at) === c;
      at++;
    }
  }
  return found !== negated ? Math.min(at + 1, pattern.length) : -1;
}

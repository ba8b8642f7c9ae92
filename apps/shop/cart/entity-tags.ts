/** Entity tags (RFC 9110 8.8.3) of what has a version: `"5"`. */
import { Problem } from "../../runtime/http/problem.ts";

/** What If-Match names: any version that there is, or one of these. */
export type EntityTags = "*" | readonly string[];

const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const LIST = new RegExp(`^${TAG}(?:[ \\t]*,[ \\t]*${TAG})*$`);

export function entityTag(version: number): string {
  return `"${version}"`;
}

/**
 * Reads If-Match (RFC 9110 13.1.1).
 *
 * @throws Problem 400
 */
export function readIfMatch(header: string | undefined): EntityTags | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (text === "*") return "*";
  if (!LIST.test(text)) {
    throw new Problem(400, 'header If-Match: it must be * or tags in quotes, such as "5"');
  }
  return text.match(new RegExp(TAG, "g")) ?? [];
}

/** By strong comparison: a weak tag never matches. */
export function matches(tags: EntityTags, version: number): boolean {
  return tags === "*" || tags.includes(entityTag(version));
}

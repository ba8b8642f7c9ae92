/** Replies made comparable: what Redis leaves open (orders, times) is put into one form. */
import { endOfReply } from "./conversation.ts";

/** Commands whose replies come in no defined order. */
const UNORDERED = new Set([
  "smembers",
  "sinter",
  "sunion",
  "sdiff",
  "keys",
  "sscan",
  "scan",
  "spop",
]);

export function normalised(
  words: readonly string[],
  reply: string | undefined,
): string | undefined {
  const name = words[0]?.toLowerCase() ?? "";
  if (reply === undefined) return undefined;
  // Time goes by between two servers.
  if (name === "pttl" && /^:[1-9]/.test(reply)) return ":about";
  // Ids depend on how many clients there were before.
  if (name === "hello") return reply.replace(/(\$2\r\nid\r\n):\d+/, "$1:id");
  if (name === "exec" || UNORDERED.has(name)) return sorted(reply);
  return reply;
}

/** Every array with its items in the order of their bytes. */
function sorted(reply: string): string {
  if (!"*~%".includes(reply.charAt(0)) || reply.startsWith("*-1")) return reply;
  const head = reply.slice(0, reply.indexOf("\r\n") + 2);
  const items: string[] = [];
  for (let at = head.length; at < reply.length; ) {
    const end = endOfReply(reply, at);
    items.push(sorted(reply.slice(at, end)));
    at = end;
  }
  return head + items.sort().join("");
}

/** Pulumi's wire form of a secret: an object with this signature key and value. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

/** A value with its secrets in plain, and the paths where they stood. */
export interface Revealed {
  value: unknown;
  /** Dotted paths, list items as numbers; `""` when the whole value is secret. Sorted. */
  secrets: string[];
}

/** Takes secrets out of their wrapping and remembers where they were. */
export function reveal(value: unknown): Revealed {
  const secrets: string[] = [];
  const walk = (node: unknown, path: string): unknown => {
    if (Array.isArray(node)) return node.map((item, i) => walk(item, join(path, String(i))));
    if (node === null || typeof node !== "object") return node;
    const record = node as Record<string, unknown>;
    if (record[SIGNATURE_KEY] === SECRET_SIGNATURE) {
      secrets.push(path);
      return walk(record.value, path);
    }
    return Object.fromEntries(
      Object.entries(record).map(([key, item]) => [key, walk(item, join(path, key))]),
    );
  };
  return { value: walk(value, ""), secrets: [...new Set(secrets)].sort() };
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** What a resource was given, as plain data: Pulumi hands it to policies behind proxies. */
import { Secret, UnknownValueError, unknownCheckingProxy } from "@pulumi/policy";

/** Stands for what isn't known in a preview; no value that a rule compares with is equal to it. */
export const UNKNOWN = "(not known yet)";

export interface Plain {
  value: Record<string, unknown>;
  /** Dotted paths of what the program marked as secret; of nothing unless the properties are a remediation's. */
  secrets: string[];
}

/**
 * The properties with secrets in plain, and with {@link UNKNOWN} where reading would throw. A rule that stopped at what
 * isn't known would say nothing of the rest: Pulumi gives up a policy that throws, and lets the resource pass.
 *
 * @param props as a policy's `validateResource`, `validateStack` or `remediateResource` gets them
 */
export function plain(props: object): Plain {
  const secrets: string[] = [];
  const walk = (raw: unknown, path: string[]): unknown => {
    if (raw instanceof Secret) {
      secrets.push(path.join("."));
      return walk(raw.value, path);
    }
    if (isUnknown(raw)) return UNKNOWN;
    if (raw === null || typeof raw !== "object") return raw;
    const inside = rawEntries(raw).map(([key, item]) => [key, walk(item, [...path, key])] as const);
    return Array.isArray(raw) ? inside.map(([, item]) => item) : Object.fromEntries(inside);
  };
  return { value: walk(props, []) as Record<string, unknown>, secrets };
}

/** Properties as they are behind proxies, which stand between readers and values, not descriptors. */
function rawEntries(of: object): [string, unknown][] {
  return Object.keys(of).map((key) => [key, Object.getOwnPropertyDescriptor(of, key)?.value]);
}

/** Values of each type that isn't known have a mark of their own, which the SDK keeps to itself. */
function isUnknown(value: unknown): boolean {
  if (typeof value !== "string") return false;
  try {
    void (unknownCheckingProxy({ value }) as { value: unknown }).value;
    return false;
  } catch (error) {
    if (error instanceof UnknownValueError) return true;
    throw error;
  }
}

/** A field of what may not be known yet as a whole: nothing of that is known either. */
export function fieldOf(value: unknown, key: string): unknown {
  if (value === UNKNOWN) return UNKNOWN;
  return value !== null && typeof value === "object"
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** A value that is known and isn't the one that's wanted, absent ones included. */
export function isNot<T>(value: unknown, wanted: T): boolean {
  return value !== wanted && value !== UNKNOWN;
}

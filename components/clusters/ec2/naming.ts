import { createHash } from "node:crypto";

/**
 * What AWS lets the names of a stack's things begin with; it adds letters of its own behind, so that no
 * two are ever the same, and a thing can be replaced before the old one is gone.
 * @param parts e.g. project, stack, name
 * @param longest characters that are allowed, at least 10; a longer prefix is cut and keeps a digest of the whole
 */
export function namePrefix(parts: string[], longest: number): string {
  const whole = `${parts.join("-")}-`;
  if (whole.length <= longest) return whole;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  return `${whole.slice(0, longest - digest.length - 1)}${digest}-`;
}

/** Of a role in IAM. */
export const LONGEST_ROLE_PREFIX = 38;
/** Of a profile, a security group or a key pair: 128, less the 26 that are added. */
export const LONGEST_PREFIX = 102;

/**
 * A machine's name as a DNS label, as far as it can be one.
 * @param title e.g. `micromesh-prod-cluster-server-1`; the end tells machines of a cluster apart, and stays
 */
export function hostname(title: string): string {
  const label = title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return label.slice(-63).replace(/^-+|-+$/g, "");
}

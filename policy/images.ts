/** References of container images: `registry:port/path/name:tag@digest` (OCI distribution specification). */

/** The tag of a reference; undefined where it names none. A registry's port is no tag. */
export function tagOf(reference: string): string | undefined {
  const [name = ""] = reference.split("@");
  const last = name.slice(name.lastIndexOf("/") + 1);
  const colon = last.indexOf(":");
  return colon < 0 ? undefined : last.slice(colon + 1);
}

/** Whether a reference names its contents by their digest, which no push can change. */
export function hasDigest(reference: string): boolean {
  return /@[a-z0-9]+:[0-9a-f]{32,}$/i.test(reference);
}

/** `latest` and its kin, such as `latest-alpine`. */
export function isLatest(tag: string): boolean {
  return /^latest(?![a-z0-9])/i.test(tag);
}

/** Names and labels as the API server takes them (https://kubernetes.io/docs/concepts/overview/working-with-objects/). */

const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const DNS_LABEL = new RegExp(`^(?=.{1,63}$)${LABEL}$`);
const LABEL_TEXT = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const DNS_SUBDOMAIN = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);

/** 63 of a-z, 0-9 and `-` at most, with none of the last at the ends: a namespace, a container. */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

/** Labels by points, 253 characters at most: what most objects are named by. */
export function isDnsSubdomain(text: string): boolean {
  return DNS_SUBDOMAIN.test(text);
}

/** What may stand in a path of the API: roles and their bindings are named so, `system:node`. */
export function isPathSegment(text: string): boolean {
  return text !== "" && text !== "." && text !== ".." && !/[/%]/.test(text);
}

/** An IANA service name: at most 15 of a-z, 0-9 and -, with a letter, no -- and none at the ends. */
export function isPortName(text: string): boolean {
  return /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(text) && !text.includes("--");
}

/** `app`, or with a prefix `app.kubernetes.io/name`. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf("/");
  return (
    LABEL_TEXT.test(text.slice(slash + 1)) && (slash < 0 || isDnsSubdomain(text.slice(0, slash)))
  );
}

/** Letters, digits, `-`, `_` and `.`, 63 at most; or nothing. */
export function isLabelValue(text: string): boolean {
  return text === "" || LABEL_TEXT.test(text);
}

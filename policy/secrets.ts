/** What looks like a secret, by what it's called and by its own form. */

/** Forms that nothing else has, by what they are. */
const FORMS: Record<string, RegExp> = {
  // RFC 7468; line breaks may be written as \n. A header alone is in any program that reads keys.
  "a private key":
    /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)*(?:[A-Za-z-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{16}/,
  // The same in base64, as kubeconfigs have it: "PRIVATE KEY" comes out in one of three ways.
  "a private key in base64":
    /LS0tLS1CRUdJTi[A-Za-z0-9+/]{0,16}?(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)/,
  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html, unique ID prefixes
  "an AWS access key": /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  // RFC 7519: two JSON objects and a signature
  "a JSON web token": /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}/,
  // https://github.blog/engineering/behind-githubs-new-authentication-token-formats/
  "a GitHub token": /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{50})/,
  // https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/
  "a Pulumi access token": /\bpul-[0-9a-f]{40}\b/,
  // RFC 9110, 11.6.2, with the schemes of RFC 7617 and RFC 6750
  "an Authorization header":
    /\bauthorization["']?\s*[:=]\s*["']?(?:basic|bearer)\s+[A-Za-z0-9._~+/-]{8,}/i,
  // https://docs.k3s.io/cli/token
  "a K3s token": /\bK10[0-9a-f]{64}::/,
  // RFC 3986, userinfo; what stands for a value isn't one
  "a URL with a password": /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@'"]*:(?![$<{*%])[^\s/@'"]+@[\w[]/i,
};

/** What a text holds that is a secret by its form, such as `a private key`; undefined: nothing. */
export function secretIn(text: string): string | undefined {
  return Object.entries(FORMS).find(([, form]) => form.test(text))?.[0];
}

/** The last words of what secrets are called. */
const NAMES =
  /(?:^| )(?:[a-z]*(?:password|passwd|passphrase)|pwd|(?:require)?pass|secret|token|credentials?|(?:api|private|access|secret|signing|encryption|account|auth) ?key)$/;
/** Names of Secrets and the like, not what is in them. */
const REFERENCES = /(?:^| )(?:existing|pull|image|tls|cert|certificate) secret$|^proxy pass$/;

/** Whether something of that name is a secret: `DB_PASSWORD`, `clientSecret`, `k3s-token`; not `TOKEN_TTL`. */
export function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .replace(/[^A-Za-z0-9]+/g, " ")
    .trim()
    .toLowerCase();
  return NAMES.test(words) && !REFERENCES.test(words);
}

/** Whether a value could be the secret itself: not nothing, a switch, a number or a path, nor what stands for another. */
export function isLiteral(value: string): boolean {
  const text = value.trim();
  if (!/[A-Za-z0-9]/.test(text) || /^(?:true|false|null|none|\d{1,6}[a-z]?)$/i.test(text))
    return false;
  return !/^(?:\/|\.\/|~\/|file:|\$|<|\*+$|\{\{|%[({])/.test(text);
}

/** A setting as files and commands have it: `K3S_TOKEN=x`, `password: x`, `--token x`. A value may hold settings itself. */
const SETTING =
  /(?:^|[\s"'{,;-])([A-Za-z][\w.-]*)["']?(?:[ \t]*[:=][ \t]*|(?<=--[\w-]+)[ \t]+)(?=["'\\]*([^\s"'\\,;}]+))/g;

/** The secret that a command or a file of settings holds, by form or by a setting's name; undefined: none. */
export function secretInSettings(text: string): string | undefined {
  const form = secretIn(text);
  if (form !== undefined) return form;
  for (const [, name = "", value = ""] of text.matchAll(SETTING)) {
    if (isSecretName(name) && isLiteral(value)) return `a value for ${name}`;
  }
  return undefined;
}

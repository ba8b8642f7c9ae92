import type { RewriteFlags } from "./rewrite-model.ts";

/** A RewriteRule or RewriteCond that can't be; the message is httpd's, without its prefix. */
export class RewriteError extends Error {}

const MAX_ROUNDS = 32_000;

/** The statuses that httpd has a line for; R=... takes no other. */
const KNOWN_STATUS = new Set([
  300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410,
  411, 412, 413, 414, 415, 416, 417, 421, 422, 423, 424, 426, 428, 429, 431, 451, 500, 501, 502,
  503, 504, 505, 506, 507, 508, 510, 511, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 100,
  101, 102,
]);

/** C's atoi: leading digits, else 0. */
export function atoi(text: string): number {
  return Number.parseInt(text, 10) || 0;
}

/** Adds a RewriteRule's flag. @throws RewriteError for one that isn't known or can't be had here. */
export function setFlag(flags: RewriteFlags, name: string, value: string): void {
  const backreferences = () => (flags.escapeBackreferences ??= {});
  switch (name.toLowerCase()) {
    case "b":
    case "backrefescaping":
      backreferences().only = value || undefined;
      return;
    case "bne":
      if (!value) throw new RewriteError("flag 'BNE' wants a list of characters (i.e. [BNE=...])");
      backreferences().except = value;
      return;
    case "bnp":
    case "backrefernoplus":
      backreferences().noPlus = true;
      return;
    case "bctls":
      backreferences().controls = true;
      return;
    case "c":
    case "chain":
      flags.chain = true;
      return;
    case "e":
    case "env":
      flags.env = [...(flags.env ?? []), value];
      return;
    case "end":
      flags.end = true;
      return;
    case "f":
    case "forbidden":
      flags.status = 403;
      return;
    case "g":
    case "gone":
      flags.status = 410;
      return;
    case "l":
    case "last":
      flags.last = true;
      return;
    case "n":
    case "next":
      flags.next = value ? atoi(value) : MAX_ROUNDS;
      return;
    case "ne":
    case "noescape":
      flags.noEscape = true;
      return;
    // No subrequests here, so nothing to leave out of them; no path info to discard.
    case "ns":
    case "nosubreq":
    case "dpi":
    case "discardpath":
      return;
    case "p":
    case "proxy":
      flags.proxy = true;
      return;
    case "pt":
    case "passthrough":
      flags.passThrough = true;
      return;
    case "qsa":
    case "qsappend":
      flags.queryAppend = true;
      return;
    case "qsd":
    case "qsdiscard":
      flags.queryDiscard = true;
      return;
    case "qsl":
    case "qslast":
      flags.queryLast = true;
      return;
    case "r":
    case "redirect":
      setRedirect(flags, value);
      return;
    case "s":
    case "skip":
      flags.skip = atoi(value);
      return;
    case "unsafeallow3f":
      flags.allow3f = true;
      return;
    case "unsafeprefixstat":
    case "unc":
      return;
    case "co":
    case "cookie":
    case "h":
    case "handler":
    case "t":
    case "type":
      throw new RewriteError(`flag '${name}' is not supported here`);
  }
  throw new RewriteError(`unknown flag '${name}'`);
}

function setRedirect(flags: RewriteFlags, value: string): void {
  const names: Record<string, number> = { permanent: 301, temp: 302, seeother: 303 };
  const status = value === "" ? 302 : (names[value.toLowerCase()] ?? atoi(value));
  if (!KNOWN_STATUS.has(status))
    throw new RewriteError(`invalid HTTP response code '${value}' for flag 'R'`);
  if (isRedirect(status)) flags.redirect = status;
  else flags.status = status;
}

/** ap_is_HTTP_REDIRECT. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** mod_rewrite's directives, parsed: plain data, patterns compiled. */

export interface DirectoryRewrite {
  /** Ends with a slash. */
  directory: string;
  base?: string;
  rules: RewriteRule[];
}

export type ConditionTest =
  | { kind: "pattern"; pattern: RegExp }
  | { kind: "text"; operator: "<" | "<=" | ">" | ">=" | "="; operand: string }
  | { kind: "number"; operator: "<" | "<=" | ">" | ">=" | "="; operand: number }
  | { kind: "file"; what: "file" | "directory" | "size" | "link" | "executable" };

export interface RewriteCondition {
  input: string;
  test: ConditionTest;
  negated: boolean;
  ignoreCase: boolean;
  orNext: boolean;
}

export interface RewriteRule {
  pattern: RegExp;
  negated: boolean;
  conditions: RewriteCondition[];
  /** Undefined for `-`. */
  substitution?: string;
  flags: RewriteFlags;
}

export interface RewriteFlags {
  proxy?: boolean;
  redirect?: number;
  /** F, G and R with a status that is no redirect: end here with it. */
  status?: number;
  last?: boolean;
  end?: boolean;
  chain?: boolean;
  passThrough?: boolean;
  noEscape?: boolean;
  skip?: number;
  /** N: most rounds before the server gives up. */
  next?: number;
  queryAppend?: boolean;
  queryDiscard?: boolean;
  queryLast?: boolean;
  /** The substitution ended in `?`, or QSD without a `?`: no query at all. */
  queryNone?: boolean;
  escapeBackreferences?: { only?: string; except?: string; noPlus?: boolean; controls?: boolean };
  env?: string[];
  allow3f?: boolean;
}

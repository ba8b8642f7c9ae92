/**
 * The settings of the embedded server. Redis' directives and their values by Redis' rules; what the
 * server doesn't honour is kept to be shown by CONFIG GET, and told once at start.
 */
import { ConfigurationError, type Directive } from "./directives.ts";
import { KNOWN } from "./known.ts";

export interface Settings {
  port: number;
  /** Addresses to listen on; a `-` before one: no matter if it isn't there; `*`: all of IPv4. */
  bind: readonly string[];
  /** Empty: none is asked for. */
  password: string;
  databases: number;
  /** Bytes of estimated memory; 0: no limit. */
  maxMemory: number;
  maxMemoryPolicy: string;
  maxClients: number;
  /** Seconds after which an idle client is disconnected; 0: never. */
  timeout: number;
  protectedMode: boolean;
  /** Longest bulk string in bytes. */
  maxBulk: number;
  /** Directives that aren't honoured, as given. */
  readonly others: ReadonlyMap<string, string>;
}

/** Redis' defaults, but for `protected-mode`, which the official image turns off. */
export function defaultSettings(): Settings {
  return {
    port: 6379,
    bind: [],
    password: "",
    databases: 16,
    maxMemory: 0,
    maxMemoryPolicy: "noeviction",
    maxClients: 10_000,
    timeout: 0,
    protectedMode: false,
    maxBulk: 512 * 1024 * 1024,
    others: new Map(),
  };
}

interface Rule {
  readonly show: (settings: Settings) => string;
  /** Takes the values. @returns what is wrong with them */
  readonly take: (settings: Settings, values: readonly string[]) => string | undefined;
  /** Whether CONFIG SET may change it. */
  readonly mutable: boolean;
}

const POLICIES = [
  "noeviction",
  "allkeys-lru",
  "allkeys-lfu",
  "allkeys-random",
  "volatile-lru",
  "volatile-lfu",
  "volatile-random",
  "volatile-ttl",
];

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["port", count("port", 0, 65535, false)],
  [
    "bind",
    {
      show: (settings) => settings.bind.join(" "),
      take: (settings, values) => {
        settings.bind = values.filter((value) => value !== "");
        return undefined;
      },
      mutable: false,
    },
  ],
  [
    "requirepass",
    {
      show: (settings) => settings.password,
      take: (settings, values) => {
        settings.password = values[0] ?? "";
        return values.length === 1 ? undefined : "wrong number of arguments";
      },
      mutable: true,
    },
  ],
  ["databases", count("databases", 1, 10_000, false)],
  ["maxmemory", bytes("maxMemory", 0)],
  [
    "maxmemory-policy",
    {
      show: (settings) => settings.maxMemoryPolicy,
      take: (settings, [value = ""]) => {
        const policy = value.toLowerCase();
        if (!POLICIES.includes(policy)) {
          return `argument(s) must be one of the following: ${POLICIES.join(", ")}`;
        }
        settings.maxMemoryPolicy = policy;
        return undefined;
      },
      mutable: true,
    },
  ],
  ["maxclients", count("maxClients", 1, 2 ** 32 - 1, true)],
  ["timeout", count("timeout", 0, 2 ** 31 - 1, true)],
  [
    "protected-mode",
    {
      show: (settings) => (settings.protectedMode ? "yes" : "no"),
      take: (settings, [value = ""]) => {
        if (!/^(yes|no)$/i.test(value)) return "argument must be 'yes' or 'no'";
        settings.protectedMode = /^yes$/i.test(value);
        return undefined;
      },
      mutable: true,
    },
  ],
  ["proto-max-bulk-len", bytes("maxBulk", 1024 * 1024)],
]);

/** Directives that say what the embedded server does anyway, and so need no warning. */
const TRUE_ANYWAY: Readonly<Record<string, string>> = {
  save: "",
  appendonly: "no",
  daemonize: "no",
  logfile: "",
  "cluster-enabled": "no",
};

/**
 * Settings from directives.
 * @returns the settings, and one line for each directive that isn't honoured
 * @throws ConfigurationError at the first unknown directive or bad value
 */
export function settingsFrom(directives: readonly Directive[]): {
  settings: Settings;
  notHonoured: string[];
} {
  const others = new Map(Object.entries(TRUE_ANYWAY));
  const settings: Settings = { ...defaultSettings(), others };
  for (const { name, values, source } of directives) {
    const rule = RULES.get(name);
    const problem = rule
      ? rule.take(settings, values)
      : KNOWN.has(name)
        ? undefined
        : `there's no directive '${name}' in Redis 7`;
    if (problem !== undefined) {
      throw new ConfigurationError(
        `${source}: '${[name, ...values].join(" ")}': ${problem}${hint(problem)}`,
      );
    }
    if (!rule) others.set(name, values.join(" "));
  }
  const notHonoured = [...others]
    .filter(([name, value]) => TRUE_ANYWAY[name] !== value)
    .map(([name, value]) => `the embedded Redis doesn't honour '${name} ${value}'`);
  return { settings, notHonoured };
}

/** What Redis' own words leave unsaid to someone who starts a server. */
function hint(problem: string): string {
  return problem.endsWith("memory value") ? "; write it as 64mb" : "";
}

/**
 * Changes one setting, as CONFIG SET does.
 * @returns what is wrong, `unknown` where there's no such setting
 */
export function changeSetting(settings: Settings, name: string, value: string): string | undefined {
  const key = name.toLowerCase();
  const rule = RULES.get(key);
  if (rule?.mutable) return rule.take(settings, [value]);
  if (rule) return "can't set immutable config";
  if (!KNOWN.has(key)) return "unknown";
  if (settings.others.get(key) === value) return undefined;
  return "the embedded Redis doesn't honour it";
}

/** Names and values, as CONFIG GET shows them. */
export function describeSettings(settings: Settings): [string, string][] {
  const own = [...RULES].map(([name, rule]): [string, string] => [name, rule.show(settings)]);
  return [...own, ...settings.others];
}

type Numeric = "port" | "databases" | "maxMemory" | "maxClients" | "timeout" | "maxBulk";

function count(field: Numeric, min: number, max: number, mutable: boolean): Rule {
  return {
    show: (settings) => String(settings[field]),
    take: (settings, [text = "", ...more]) => {
      if (more.length > 0) return "wrong number of arguments";
      if (!/^-?\d{1,15}$/.test(text)) return "argument couldn't be parsed into an integer";
      const value = Number(text);
      if (value < min || value > max) return `argument must be between ${min} and ${max} inclusive`;
      settings[field] = value;
      return undefined;
    },
    mutable,
  };
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

function bytes(field: Numeric, min: number): Rule {
  return {
    show: (settings) => String(settings[field]),
    take: (settings, [text = "", ...more]) => {
      if (more.length > 0) return "wrong number of arguments";
      const match = /^(\d{1,15})([a-z]*)$/i.exec(text);
      const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
      if (!match || unit === undefined) return "argument must be a memory value";
      const value = Number(match[1]) * unit;
      if (value < min) return `argument must be ${min} or more`;
      settings[field] = value;
      return undefined;
    },
    mutable: true,
  };
}

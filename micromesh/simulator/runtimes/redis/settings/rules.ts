/** The rules of the settings that are honoured: how each is shown, and what it may be. */
import { resolve } from "node:path";
import { APPEND_FSYNC, IMAGE_DIRECTORY, type Settings } from "./defaults.ts";

export interface Rule {
  readonly show: (settings: Settings) => string;
  /** Takes the values. @returns what is wrong with them */
  readonly take: (settings: Settings, values: readonly string[]) => string | undefined;
  /** Whether CONFIG SET may change it; `protected`: only by `enable-protected-configs`, so never. */
  readonly mutable: boolean | "protected";
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

/** What may be said of each setting, by its directive. */
export const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
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
  ["maxmemory-policy", choice("maxMemoryPolicy", POLICIES)],
  ["maxclients", count("maxClients", 1, 2 ** 32 - 1, true)],
  ["timeout", count("timeout", 0, 2 ** 31 - 1, true)],
  ["protected-mode", flag("protectedMode")],
  ["proto-max-bulk-len", bytes("maxBulk", 1024 * 1024)],
  ["appendonly", flag("appendOnly")],
  ["appendfsync", choice("appendFsync", APPEND_FSYNC)],
  ["appendfilename", filename("appendFilename")],
  ["appenddirname", filename("appendDirname")],
  [
    "dir",
    {
      show: ({ dir }) => dir,
      take: (settings, values) => {
        settings.dir = resolve(IMAGE_DIRECTORY, values[0] ?? "");
        return values.length === 1 ? undefined : "wrong number of arguments";
      },
      mutable: "protected",
    },
  ],
  ["aof-load-truncated", flag("aofLoadTruncated")],
  ["auto-aof-rewrite-percentage", count("aofRewritePercentage", 0, 2 ** 31 - 1, true)],
  ["auto-aof-rewrite-min-size", bytes("aofRewriteMinSize", 0)],
]);

/** The settings of one type, by name. */
type Of<T> = {
  [K in keyof Settings]: Settings[K] extends T ? (T extends Settings[K] ? K : never) : never;
}[keyof Settings];

function count(field: Of<number>, min: number, max: number, mutable: boolean): Rule {
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

function bytes(field: Of<number>, min: number): Rule {
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

function flag(field: Of<boolean>): Rule {
  return {
    show: (settings) => (settings[field] ? "yes" : "no"),
    take: (settings, [value = "", ...more]) => {
      if (more.length > 0) return "wrong number of arguments";
      if (!/^(yes|no)$/i.test(value)) return "argument must be 'yes' or 'no'";
      settings[field] = /^yes$/i.test(value);
      return undefined;
    },
    mutable: true,
  };
}

function choice<F extends "maxMemoryPolicy" | "appendFsync">(
  field: F,
  among: readonly Settings[F][],
): Rule {
  return {
    show: (settings) => settings[field],
    take: (settings, [value = ""]) => {
      const chosen = among.find((one) => one === value.toLowerCase());
      if (chosen === undefined) {
        return `argument(s) must be one of the following: ${among.join(", ")}`;
      }
      settings[field] = chosen;
      return undefined;
    },
    mutable: true,
  };
}

function filename(field: "appendFilename" | "appendDirname"): Rule {
  return {
    show: (settings) => settings[field],
    take: (settings, [value = "", ...more]) => {
      if (more.length > 0) return "wrong number of arguments";
      if (value === "") return "it can't be empty";
      if (/[/\\]/.test(value)) return "it can't be a path, just a filename";
      settings[field] = value;
      return undefined;
    },
    mutable: false,
  };
}

/**
 * The settings of the embedded server. Redis' directives and their values by Redis' rules; what the
 * server doesn't honour is kept to be shown by CONFIG GET, and told once at start.
 */

import { defaultSettings, type Settings } from "./defaults.ts";
import { ConfigurationError, type Directive } from "./directives.ts";
import { KNOWN } from "./known.ts";
import { RULES } from "./rules.ts";

/** Directives that say what the embedded server does anyway, and so need no warning. */
const TRUE_ANYWAY: Readonly<Record<string, string>> = {
  save: "",
  "aof-use-rdb-preamble": "no",
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
  if (rule?.mutable === true) return rule.take(settings, [value]);
  if (rule?.mutable === "protected") return "can't set protected config";
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

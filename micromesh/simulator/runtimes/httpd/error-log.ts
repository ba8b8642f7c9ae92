import { strftime } from "./access-log.ts";

/** A line of the error log in httpd's default ErrorLogFormat; microseconds are the clock's millis. */
export function errorLine(
  module: string,
  level: string,
  message: string,
  facts: { at: Date; pid: number; client?: string; system?: string },
): string {
  const { at } = facts;
  const stamp = `${strftime("%a %b %d %H:%M:%S", at)}.${String(at.getMilliseconds()).padStart(3, "0")}000 ${at.getFullYear()}`;
  const system = facts.system ? `${facts.system}: ` : "";
  const client = facts.client ? `[client ${facts.client}] ` : "";
  return `[${stamp}] [${module}:${level}] [pid ${facts.pid}:tid ${facts.pid}] ${system}${client}${message}\n`;
}

const LEVELS = "emerg alert crit error warn notice info debug".split(" ");

/** Whether LogLevel lets a message through. Notices always pass: they tell of start and stop. */
export function isLogged(level: string, limit: string): boolean {
  if (level === "notice" || limit.startsWith("trace")) return true;
  return LEVELS.indexOf(level) <= LEVELS.indexOf(limit);
}

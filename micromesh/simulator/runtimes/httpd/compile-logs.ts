import type { Server } from "./config.ts";
import type { Directive } from "./syntax.ts";
import { envClause, fail, takes } from "./values.ts";

const LEVELS = /^(?:[a-z0-9_]+:)?(emerg|alert|crit|error|warn|notice|info|debug|trace[1-8])$/i;

/** ErrorLog, LogLevel and mod_log_config. True if the directive was one of them. */
export function logDirective(
  directive: Directive,
  server: Server,
  formats: Map<string, string>,
): boolean {
  switch (directive.name.toLowerCase()) {
    case "errorlog":
      server.errorLog = file(directive, takes(directive, 1, 1, "")[0] as string);
      return true;
    case "loglevel":
      for (const level of takes(directive, 1, Number.POSITIVE_INFINITY, "")) {
        const found = LEVELS.exec(level);
        if (!found)
          fail(
            directive,
            "Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8",
          );
        if (!level.includes(":")) server.logLevel = (found[1] as string).toLowerCase();
      }
      return true;
    case "logformat": {
      const [format, name] = takes(
        directive,
        1,
        2,
        "a log format string and an optional format name",
      );
      formats.set(name ?? "", format as string);
      return true;
    }
    case "customlog": {
      const [target, format, condition] = takes(
        directive,
        2,
        3,
        'a file name, a custom log format string or format name, and an optional "env=" or "expr=" clause',
      );
      server.accessLogs.push({
        target: file(directive, target as string),
        // A nickname that no LogFormat defined is itself the format, as in httpd.
        format: formats.get(format as string) ?? (format as string),
        condition: envClause(directive, condition),
      });
      return true;
    }
    case "transferlog":
      server.accessLogs.push({
        target: file(directive, takes(directive, 1, 1, "")[0] as string),
        format: formats.get("") ?? (formats.get("CLF") as string),
      });
      return true;
  }
  return false;
}

function file(directive: Directive, target: string): string {
  if (target.startsWith("|") || target.startsWith("syslog"))
    fail(directive, `${directive.name}: piped logs and syslog are not supported here; name a file`);
  return target;
}

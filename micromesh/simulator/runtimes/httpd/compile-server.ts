import type { HttpdConfig, ListenAddress, Server } from "./config.ts";
import type { Directive } from "./syntax.ts";
import { duration, durationOf, fail, onOff, takes } from "./values.ts";

/** What compiling goes along with. */
export interface Compiler {
  config: HttpdConfig;
  formats: Map<string, string>;
  root: string;
}

/** The core's directives of a whole server. True if the directive was one of them. */
export function serverDirective(directive: Directive, server: Server, compiler: Compiler): boolean {
  const { config } = compiler;
  const one = (what = "") => takes(directive, 1, 1, what)[0] as string;
  switch (directive.name.toLowerCase()) {
    case "listen": {
      const text = takes(directive, 1, 2, "a port number with optional address and protocol")[0];
      const found = address(text as string);
      if (!found || found.port === 0) fail(directive, "Port must be specified");
      config.listen.push(found);
      return true;
    }
    case "servername": {
      const found = /^(?:[a-z]+:\/\/)?([^:]+)(?::(\d+))?$/i.exec(
        one("The hostname and port of the server"),
      );
      if (!found) fail(directive, `Invalid ServerName "${directive.args[0]}"`);
      server.name = found[1];
      // Without a port it is the scheme's own, whatever the server listens on.
      server.port = found[2] ? Number(found[2]) : undefined;
      return true;
    }
    case "serveralias":
      if (server === config.main) fail(directive, "ServerAlias only used in <VirtualHost>");
      server.aliases.push(...takes(directive, 1, Number.POSITIVE_INFINITY, ""));
      return true;
    case "serveradmin":
      server.admin = one("The email address of the server administrator");
      return true;
    case "documentroot":
      server.documentRoot = absolute(
        one("Root directory of the document tree"),
        compiler.root,
      ).replace(/(.)\/$/, "$1");
      return true;
    case "alias": {
      const [prefix, target] = takes(directive, 2, 2, "a fakename and a realname");
      server.pathAliases.push({
        prefix: prefix as string,
        target: absolute(target as string, compiler.root),
      });
      return true;
    }
    case "timeout":
      server.timeoutMs = durationOf(directive);
      return true;
    case "mergeslashes":
      server.mergeSlashes = onOff(directive);
      return true;
    case "servertokens":
      config.tokens = tokens(directive);
      return true;
    case "keepalive":
      config.keepAlive = onOff(directive);
      return true;
    case "keepalivetimeout":
      config.keepAliveTimeoutMs =
        duration(one()) ?? fail(directive, "KeepAliveTimeout has wrong format");
      return true;
    case "maxkeepaliverequests":
      config.maxKeepAliveRequests = Number.parseInt(one(), 10) || 0;
      return true;
  }
  return false;
}

const TOKENS: Record<string, HttpdConfig["tokens"]> = {
  full: "full",
  os: "os",
  minimal: "minimal",
  min: "minimal",
  minor: "minor",
  major: "major",
  prod: "prod",
  productonly: "prod",
};

function tokens(directive: Directive): HttpdConfig["tokens"] {
  return (
    TOKENS[directive.args[0]?.toLowerCase() ?? ""] ??
    fail(
      directive,
      "ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'",
    )
  );
}

function absolute(path: string, root: string): string {
  return path.startsWith("/") ? path : `${root}/${path}`;
}

/** `8080`, `*:8080`, `10.0.0.1:8080`, `[::]:8080`, `_default_:80`; port 0 stands for any. */
export function address(text: string): ListenAddress | undefined {
  const found = /^(?:(\[[0-9a-fA-F:.]+\]|[^:]*):)?(\d+|\*)?$|^([^:]+)$/.exec(text);
  if (!found) return undefined;
  const host = (found[1] ?? found[3])?.replace(/^\[|\]$/g, "");
  const port = found[2] === undefined || found[2] === "*" ? 0 : Number(found[2]);
  if (port > 65535) return undefined;
  return { ...(host && host !== "*" && host !== "_default_" ? { host } : {}), port };
}

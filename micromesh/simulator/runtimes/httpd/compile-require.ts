import type { Requirement } from "./config.ts";
import type { Directive } from "./syntax.ts";
import { fail } from "./values.ts";

/** A `Require` line, or a RequireAll, RequireAny or RequireNone section. */
export function requirement(directive: Directive): Requirement {
  const key = directive.name.toLowerCase();
  if (directive.children) {
    const kind = key === "requireall" ? "all" : key === "requirenone" ? "none" : "any";
    return { kind, of: directive.children.map(requirement) };
  }
  if (key !== "require") fail(directive, `${directive.name} not allowed here`);
  const [provider = "", ...rest] = directive.args;
  if (/^not$/i.test(provider))
    return { kind: "not", of: requirement({ ...directive, args: rest }) };
  switch (provider.toLowerCase()) {
    case "all":
      if (/^granted$/i.test(rest[0] ?? "")) return { kind: "granted" };
      if (/^denied$/i.test(rest[0] ?? "")) return { kind: "denied" };
      return fail(
        directive,
        "Argument for 'Require all' must be 'granted' or 'denied'".replace(
          /'Require all'/,
          "'Require all'",
        ),
      );
    case "ip":
      if (rest.length === 0) fail(directive, "'require ip' requires an argument");
      return { kind: "ip", ranges: rest };
    case "local":
      return { kind: "local" };
    case "method":
      return { kind: "method", methods: rest.map((each) => each.toUpperCase()) };
    case "env":
      return { kind: "env", names: rest };
    case "valid-user":
    case "user":
    case "group":
    case "host":
    case "expr":
      return fail(
        directive,
        `Require ${provider} is not supported here; use all, ip, local, method or env`,
      );
  }
  return fail(directive, `Unknown Authz provider: ${provider}`);
}

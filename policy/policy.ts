import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import type { Config, Rule } from "./rule.ts";
import type { Seen } from "./seen.ts";

/**
 * A rule as Pulumi runs it: what it finds stops a preview or an update.
 *
 * Which inputs are secrets Pulumi tells `remediateResource` only, and calls that only where the level is `remediate`;
 * what `validateResource` finds is then as mandatory. Nothing is ever changed: the remediation returns nothing.
 */
export function policyOf(
  rule: Rule,
  seen: Seen,
): ResourceValidationPolicy & Partial<StackValidationPolicy> {
  const { name, description, config } = rule;
  const common = {
    name,
    description,
    enforcementLevel: "mandatory" as const,
    ...(config ? { configSchema: { properties: config } } : {}),
  };
  if (rule.of === "stack") {
    return {
      ...common,
      // A rule on the stack judges nothing yet: it has to have seen what it is going to judge.
      validateResource: (args) => void seen.resource(args),
      validateStack(args, report) {
        const found = rule.violations(seen.declaration(args), args.getConfig<Config>());
        for (const { message, urn } of found) report(message, urn);
      },
    };
  }
  return {
    ...common,
    ...(rule.asksForSecrets
      ? { enforcementLevel: "remediate", remediateResource: (args) => seen.noteSecrets(args) }
      : {}),
    validateResource(args, report) {
      const found = rule.violations(seen.resource(args), args.getConfig<Config>());
      for (const message of found) report(message);
    },
  };
}

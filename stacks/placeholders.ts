import * as pulumi from "@pulumi/pulumi";

/** Blocks that nobody has: https://www.rfc-editor.org/rfc/rfc5737 and https://www.rfc-editor.org/rfc/rfc3849 */
const DOCUMENTATION = /^(192\.0\.2|198\.51\.100|203\.0\.113)\.|^2001:0?db8:/i;

/** The values, addresses or networks, that are kept for documentation and reach nobody. */
export function placeholders(values: string[]): string[] {
  return values.filter((value) => DOCUMENTATION.test(value));
}

/** Warns of what a stack's file has in place of a setting that only its user knows. */
export function warnOfPlaceholders(key: string, values: string[], resource: pulumi.Resource): void {
  for (const value of placeholders(values)) {
    pulumi.log.warn(
      `micromesh:${key} holds ${value}, which is kept for documentation: put your own there before "pulumi up"`,
      resource,
    );
  }
}

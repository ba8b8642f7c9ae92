/** The command that mends a setting of the cluster. */
export function run(key: string, value: string): string {
  return `run "pulumi config set --path micromesh:cluster.${key} ${value}"`;
}

import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/**
 * A private key by its contents or its path. A path is read by whoever runs Pulumi, on every preview and update,
 * and not where nothing is run.
 * @returns contents; a secret
 */
export function privateKeyOf(setting: string): pulumi.Output<string> {
  if (setting.includes("\n")) return pulumi.secret(setting);
  const read = command.local.runOutput({
    interpreter: ["node", "components/clusters/k3s/read-key.mjs"],
    // The script wants no word; a command line must not be empty.
    command: "read",
    environment: { MICROMESH_PRIVATE_KEY: setting },
    logging: "none",
  });
  return pulumi.secret(read.stdout);
}

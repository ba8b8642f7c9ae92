import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Ec2HostsArgs } from "./args.ts";

/** The key that opens the machines. */
export interface Login {
  keyName: pulumi.Input<string>;
  /** A secret, in OpenSSH's form where it is of our making. */
  privateKey: pulumi.Output<string>;
}

/**
 * The key pair that is given, or one of the stack's own, whose private key is nowhere but in the state,
 * as a secret. EC2 puts a key on a machine when that is made: another key replaces the machines.
 */
export function login(
  name: string,
  args: { key: Ec2HostsArgs["key"]; namePrefix: string; title: string },
  /** `provider`: of AWS. */
  { parent, provider }: { parent: pulumi.Resource; provider: aws.Provider },
): Login {
  if (args.key) return { ...args.key, privateKey: pulumi.secret(args.key.privateKey) };
  const key = new tls.PrivateKey(`${name}-key`, { algorithm: "ED25519" }, { parent });
  const pair = new aws.ec2.KeyPair(
    `${name}-key-pair`,
    {
      keyNamePrefix: args.namePrefix,
      publicKey: key.publicKeyOpenssh.apply((line) => line.trim()),
      tags: { Name: args.title },
    },
    { parent, provider },
  );
  return { keyName: pair.keyName, privateKey: pulumi.secret(key.privateKeyOpenssh) };
}

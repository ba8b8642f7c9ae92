import type * as pulumi from "@pulumi/pulumi";

/** A machine with Linux and systemd that K3s is put on, and the way to it. */
export interface Host {
  /** Of its resources and of its node, e.g. `server` or `agent-2`. */
  name: string;
  /** Tells the machine from another one at the same address: where it changes, K3s is installed anew. */
  identity: pulumi.Input<string>;
  /** Where the cluster's other nodes reach it. */
  address: pulumi.Input<string>;
  connection: Connection;
  /** What the machine comes and goes with; undefined: it stays, and `destroy` uninstalls K3s from it. */
  deletedWith?: pulumi.Resource;
}

/** How commands are run on a host. They run as the user, who may become root by `sudo` without a password. */
export type Connection = SshConnection | SessionConnection;

interface Login {
  user: string;
  /** PEM or OpenSSH's form, not encrypted; a secret. */
  privateKey: pulumi.Input<string>;
}

/** SSH, straight or by way of another host. */
export interface SshConnection extends Login {
  via: "ssh";
  host: pulumi.Input<string>;
  port: number;
  /** As in `known_hosts`, e.g. `ssh-ed25519 AAAA…`; undefined: whatever key the host shows is taken. */
  hostKey?: pulumi.Input<string>;
  /** The host to jump from. */
  jump?: SshConnection;
}

/** SSH inside a session of AWS Systems Manager: no port is open, `aws` and its session plugin are needed here. */
export interface SessionConnection extends Login {
  via: "session-manager";
  instanceId: pulumi.Input<string>;
  region: string;
}

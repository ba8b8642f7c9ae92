import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Connection, Host, SessionConnection, SshConnection } from "./host.ts";
import { PRINT_HOST_KEY } from "./plan.ts";

/** A command on a host; with `create`, a change of anything here runs it again. */
export interface HostCommandArgs {
  create?: string;
  delete?: string;
  /** A script for the command. */
  stdin?: pulumi.Input<string>;
  /** When one of them changes, the command is replaced: the new one is created, the old one deleted. */
  triggers?: pulumi.Input<string>[];
  logging?: "none";
}

export type HostCommand = command.remote.Command | command.local.Command;
/** Declares a command on one host, whose key was seen to. */
export type RunOnHost = (
  name: string,
  args: HostCommandArgs,
  opts: pulumi.CustomResourceOptions,
) => HostCommand;

/** From the project's folder, where Pulumi runs commands; no absolute path goes into the state. */
const session = ["node", "components/clusters/k3s/session.mjs"];
/**
 * Tries, with pauses that grow from 0.1 to 5 s: each kind of error counts, a key that is refused too. A
 * machine that comes with the stack boots, for up to three minutes; one that is there already answers at
 * once or not at all, and is told of after five seconds.
 */
const TRIES = { booting: 40, there: 8 };
const DIAL_TIMEOUT_S = 15;

/**
 * How commands are run on a host. Where no key of an SSH host is known, a first command, `NAME-host-key`,
 * asks the host for its key, and the key is pinned for all that follows, until `identity` changes.
 *
 * @param name beginning of the names of resources
 */
export function reach(
  name: string,
  { connection, identity, deletedWith }: Host,
  opts: pulumi.CustomResourceOptions,
): RunOnHost {
  if (connection.via === "session-manager") return throughSession(connection);
  const tries = deletedWith === undefined ? TRIES.there : TRIES.booting;
  return overSsh(name, connection, identity, tries, opts);
}

function overSsh(
  name: string,
  connection: SshConnection,
  identity: pulumi.Input<string>,
  tries: number,
  opts: pulumi.CustomResourceOptions,
): RunOnHost {
  const { jump } = connection;
  const login = ({ host, port, user, privateKey }: SshConnection) => ({
    host,
    port,
    user,
    privateKey: pulumi.secret(privateKey),
    dialErrorLimit: tries,
    perDialTimeout: DIAL_TIMEOUT_S,
  });
  const seenKey = (of: string, args: command.types.input.remote.ConnectionArgs) =>
    new command.remote.Command(
      of,
      {
        connection: args,
        create: PRINT_HOST_KEY,
        triggers: [identity],
        addPreviousOutputInEnv: false,
      },
      opts,
    ).stdout;

  const proxy = jump && {
    ...login(jump),
    hostKey: jump.hostKey ?? seenKey(`${name}-jump-host-key`, login(jump)),
  };
  const unpinned = { ...login(connection), ...(proxy ? { proxy } : {}) };
  const pinned = {
    ...unpinned,
    hostKey: connection.hostKey ?? seenKey(`${name}-host-key`, unpinned),
  };
  return (of, args, commandOpts) =>
    new command.remote.Command(
      of,
      // sshd takes nobody's environment variables.
      { ...args, connection: pinned, addPreviousOutputInEnv: false },
      commandOpts,
    );
}

function throughSession({ user, privateKey, instanceId, region }: SessionConnection): RunOnHost {
  const settings = pulumi.jsonStringify({
    user,
    privateKey: pulumi.secret(privateKey),
    instanceId,
    region,
  });
  return (of, args, opts) =>
    new command.local.Command(
      of,
      {
        ...args,
        interpreter: session,
        environment: { MICROMESH_SESSION: settings },
        addPreviousOutputInEnv: false,
      },
      opts,
    );
}

/** Where a connection leads: what the machine is declared at. */
export function loginOf(connection: Connection): pulumi.Output<string> {
  return connection.via === "ssh"
    ? pulumi.interpolate`${connection.host}:${connection.port}`
    : pulumi.output(connection.instanceId);
}

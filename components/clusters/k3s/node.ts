import * as pulumi from "@pulumi/pulumi";
import { type K3sArgs, validToken } from "./args.ts";
import type { Node } from "./config.ts";
import { type HostCommand, loginOf, type RunOnHost } from "./connection.ts";
import type { Host } from "./host.ts";
import { AS_ROOT, forgetting, installation, leaving, lifeOf, uninstallation } from "./plan.ts";

/** A machine that becomes a node, after others have. */
export interface NodeArgs {
  cluster: K3sArgs;
  host: Host;
  role: Node["role"];
  run: RunOnHost;
  /** undefined: it is the first itself. */
  first?: { run: RunOnHost; install: HostCommand };
  /** Must be done before; when the stack is destroyed, this node goes before them. */
  after: pulumi.Resource[];
}

const TIMEOUT = "45m";

/**
 * K3s on one machine. What undoes a step is declared before the step itself, so that a step that
 * failed half-way is undone too.
 * @param name beginning of the names of resources
 * @returns the command that installs
 */
export function installNode(
  name: string,
  { cluster, host, role, run, first, after }: NodeArgs,
  parent: pulumi.Resource,
): HostCommand {
  const firstIdentity = cluster.servers[0]?.identity ?? "";
  const login = loginOf(host.connection);
  const life = pulumi
    .all([firstIdentity, host.identity, login])
    .apply(([of, own, at]) => lifeOf(cluster.name, host.name, { first: of, own }, at));
  const undone: pulumi.Resource[] = [];
  if (first) {
    // A node that is taken out of the declaration goes from the cluster, after its K3s has stopped.
    // Another machine of its name comes after it has gone: K3s would refuse it for not knowing the
    // former one's password (https://docs.k3s.io/architecture#how-agent-node-registration-works).
    undone.push(
      first.run(
        `${name}-node`,
        { delete: AS_ROOT, stdin: forgetting(host.name), triggers: [host.identity] },
        {
          parent,
          dependsOn: [first.install],
          deletedWith: first.install,
          deleteBeforeReplace: true,
        },
      ),
    );
  }
  if (host.deletedWith === undefined) {
    undone.push(
      run(
        `${name}-uninstall`,
        // With its machine's identity alone it isn't replaced: the former machine is gone then, and
        // another one answers at its address.
        { delete: AS_ROOT, stdin: life.apply(uninstallation), triggers: [login] },
        {
          parent,
          dependsOn: [...after, ...undone],
          customTimeouts: { delete: TIMEOUT },
        },
      ),
    );
  }
  const stdin = pulumi
    .all([
      life,
      host.address,
      cluster.publicAddress,
      pulumi.all(cluster.servers.map(({ address }) => address)),
      cluster.token === undefined ? undefined : pulumi.secret(cluster.token),
    ])
    .apply(([known, address, publicAddress, servers, token]) =>
      installation(
        cluster,
        known,
        { name: host.name, role, address },
        { public: publicAddress, servers },
        token === undefined ? undefined : validToken(token),
      ),
    );
  const install = run(
    `${name}-install`,
    {
      create: AS_ROOT,
      stdin,
      triggers: [firstIdentity, host.identity],
    },
    {
      parent,
      dependsOn: [...after, ...undone],
      ...(host.deletedWith ? { deletedWith: host.deletedWith } : {}),
      customTimeouts: { create: TIMEOUT, update: TIMEOUT },
    },
  );
  if (first) {
    // The first thing that is undone where a node is taken out of the declaration, and only there: where
    // another machine takes its name, that one would be made to leave.
    first.run(
      `${name}-leave`,
      { delete: AS_ROOT, stdin: leaving(host.name, role) },
      { parent, dependsOn: [install], deletedWith: first.install },
    );
  }
  return install;
}

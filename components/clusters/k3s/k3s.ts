import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { type K3sArgs, validateK3s } from "./args.ts";
import { reach } from "./connection.ts";
import type { Host } from "./host.ts";
import { expiryWarning, publicKubeconfig } from "./kubeconfig.ts";
import { installNode } from "./node.ts";
import { AS_ROOT, clusterIdentifier, PRINT_KUBECONFIG } from "./plan.ts";

/** K3s on machines that are reached by SSH: the first server, the other ones in turn, then agents. */
export class K3s extends pulumi.ComponentResource implements Cluster {
  readonly kind = "k3s";
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  /** The first server's machine, where it goes with the stack, else what K3s is there by. */
  readonly deletedWith: pulumi.Resource;

  constructor(name: string, args: K3sArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:clusters:K3s", name, shown(args), opts);
    validateK3s(args);
    const at = (host: Host) => reach(`${name}-${host.name}`, host, { parent: this });
    const install = (host: Host, role: "first" | "server" | "agent", others: Others) =>
      installNode(`${name}-${host.name}`, { cluster: args, host, role, ...others }, this);

    const [firstHost, ...otherServers] = args.servers as [Host, ...Host[]];
    const run = at(firstHost);
    const first = { run, install: install(firstHost, "first", { run, after: [] }) };
    let last = first.install;
    for (const host of otherServers) {
      last = install(host, "server", { run: at(host), first, after: [last] });
    }
    for (const host of args.agents) install(host, "agent", { run: at(host), first, after: [last] });

    const identity = pulumi.output(firstHost.identity);
    const read = run(
      `${name}-kubeconfig`,
      {
        create: AS_ROOT,
        stdin: PRINT_KUBECONFIG,
        // Not by the version: K3s keeps its CA through upgrades, and what was read stays valid. A preview
        // of an upgrade could tell nothing of what is in a cluster whose kubeconfig is unknown.
        triggers: [identity, args.publicAddress],
        logging: "none",
      },
      {
        parent: this,
        dependsOn: [first.install],
        additionalSecretOutputs: ["stdout", "stderr"],
      },
    );
    this.name = args.name;
    this.kubeconfig = pulumi
      .all([pulumi.secret(read.stdout), args.publicAddress])
      .apply(([text, address]) => publicKubeconfig(text ?? "", args.name, address));
    pulumi.all([this.kubeconfig, read.urn]).apply(([kubeconfig, urn]) => {
      const warning = expiryWarning(kubeconfig, new Date(), firstHost.name, urn);
      if (warning !== undefined) pulumi.log.warn(warning, this);
    });
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.kubeconfig,
        // The same at another address, and after an upgrade.
        clusterIdentifier: identity.apply((id) => clusterIdentifier(args.name, id)),
      },
      { parent: this },
    );
    this.deletedWith = firstHost.deletedWith ?? first.install;
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}

type Others = Pick<Parameters<typeof installNode>[1], "run" | "first" | "after">;

/** What the component shows in the state: neither keys nor the token. */
function shown({ token: _, servers, agents, ...args }: K3sArgs) {
  const names = (hosts: Host[]) => hosts.map(({ name }) => name);
  return { ...args, servers: names(servers), agents: names(agents) };
}

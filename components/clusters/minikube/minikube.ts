import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { type MinikubeArgs, validateMinikube } from "./args.ts";
import { planMinikube, type Reading, readingOf } from "./plan.ts";

/** A minikube profile of the stack's own, or an existing one that is adopted and outlives the stack. */
export class Minikube extends pulumi.ComponentResource implements Cluster {
  readonly kind = "minikube";
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly deletedWith?: pulumi.Resource;
  /** Reachable from the host on Linux only; elsewhere the node is inside a virtual machine. */
  readonly nodeIp: pulumi.Output<string>;

  constructor(name: string, args: MinikubeArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:clusters:Minikube", name, args, opts);
    validateMinikube(args);
    const plan = planMinikube(args);

    const profile = new command.local.Command(`${name}-profile`, plan.command, {
      parent: this,
      // By default the new command runs first and the old one's delete then takes the new cluster.
      deleteBeforeReplace: true,
      // With an update command the provider may call changed triggers an update.
      replaceOnChanges: ["triggers"],
      retainOnDelete: args.keep,
      customTimeouts: { create: "20m", update: "20m", delete: "10m" },
    });
    // Runs in the preview before the first update too: there the provider knows the command's id.
    const read = command.local.runOutput(plan.read, { parent: this, dependsOn: [profile] });
    const reading = pulumi.secret(read.stdout).apply((stdout) => this.check(readingOf(stdout)));

    this.name = args.profile;
    this.kubeconfig = reading.apply(({ kubeconfig }) => kubeconfig as string);
    this.nodeIp = pulumi.unsecret(reading.apply(({ nodeIp }) => nodeIp as string));
    this.provider = new k8s.Provider(
      `${name}-provider`,
      { kubeconfig: this.kubeconfig, clusterIdentifier: plan.identifier },
      { parent: this },
    );
    if (!args.keep) this.deletedWith = profile;
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodeIp: this.nodeIp });
  }

  /** Tells what isn't as declared. A preview goes on without the kubeconfig; an update can't. */
  private check(reading: Reading): Reading {
    for (const warning of reading.warnings) pulumi.log.warn(warning, this);
    if (reading.problem === undefined) return reading;
    if (!pulumi.runtime.isDryRun()) throw new pulumi.ResourceError(reading.problem, this, true);
    pulumi.log.warn(reading.problem, this);
    return { ...reading, ...unknowns };
  }
}

/** Pulumi treats an output that holds this value as not known yet. */
const unknowns = { kubeconfig: pulumi.unknown as never, nodeIp: pulumi.unknown as never };

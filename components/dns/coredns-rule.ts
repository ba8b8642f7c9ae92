import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { KUBEADM_COREFILE } from "../../micromesh/resources/corefile/defaults.ts";
import { withRule } from "../../micromesh/resources/corefile/rule.ts";
import { NAMESPACE, problemWith } from "./args.ts";

export interface CoreDnsRuleArgs {
  cluster: {
    /** As platforms have it: K3s has its own way. */
    distribution: "kubernetes" | "k3s";
    /** Contents. */
    kubeconfig: pulumi.Input<string>;
  };
  /** Directives for the server block that answers for the cluster's domain. */
  rule: string;
}

/**
 * Directives in the configuration of a cluster's CoreDNS, for as long as the component is declared; one for each
 * cluster, since they are put in place of what an earlier one has put there.
 *
 * K3s' Corefile imports what a ConfigMap of the user's holds (https://docs.k3s.io/networking/networking-services).
 * Elsewhere the Corefile itself is changed, and only between marks: what others write into it stays, before and after.
 *
 * A cluster takes up to two minutes: the kubelet brings the file to CoreDNS' pods, whose plugin `reload` looks
 * every 30 seconds.
 *
 * @throws ResourceError with one line if the rule is none
 */
export class CoreDnsRule extends pulumi.ComponentResource {
  constructor(name: string, args: CoreDnsRuleArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:dns:CoreDnsRule", name, {}, opts);
    const problem = problemWith(args.rule);
    if (problem) throw new pulumi.ResourceError(problem, this);
    const child = { parent: this, deletedWith: opts.deletedWith };
    if (args.cluster.distribution === "k3s") {
      new k8s.core.v1.ConfigMap(
        `${name}-custom`,
        {
          metadata: { name: "coredns-custom", namespace: NAMESPACE },
          data: { "micromesh.override": `${args.rule.trim()}\n` },
        },
        { ...child, deleteBeforeReplace: true },
      );
    } else this.patch(name, args, child);
    this.registerOutputs({});
  }

  private patch(
    name: string,
    { cluster, rule }: CoreDnsRuleArgs,
    child: pulumi.CustomResourceOptions,
  ): void {
    const live = k8s.core.v1.ConfigMap.get(`${name}-live`, `${NAMESPACE}/coredns`, {
      parent: this,
    });
    const patch = new k8s.core.v1.ConfigMapPatch(
      `${name}-patch`,
      {
        metadata: {
          name: "coredns",
          namespace: NAMESPACE,
          // kubeadm's field manager has the field.
          annotations: { "pulumi.com/patchForce": "true" },
        },
        // Where nothing is read, as in a dry capture, it is what clusters begin with.
        data: {
          Corefile: live.data.apply((data) => this.ruled(data?.Corefile ?? KUBEADM_COREFILE, rule)),
        },
      },
      // Deleting a patch takes away the fields that nobody else manages any more: here all of CoreDNS' settings.
      { ...child, retainOnDelete: true },
    );
    new command.local.Command(
      `${name}-undo`,
      {
        interpreter: ["node", "--import=tsx", "components/dns/undo.ts"],
        delete: "undo",
        environment: { MICROMESH_COREDNS_KUBECONFIG: pulumi.secret(cluster.kubeconfig) },
      },
      { ...child, dependsOn: [patch], customTimeouts: { delete: "5m" } },
    );
  }

  private ruled(corefile: string, rule: string): string {
    try {
      return withRule(corefile, rule);
    } catch (error) {
      throw new pulumi.ResourceError((error as Error).message, this, true);
    }
  }
}

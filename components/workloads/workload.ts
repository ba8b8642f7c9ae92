import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { problemWith, type WorkloadArgs } from "./args.ts";
import { controllerOf } from "./controller.ts";
import { podLabels, selectorLabels } from "./pod.ts";
import { serviceAnnotations, servicePorts, serviceSpec } from "./services.ts";

/**
 * One program and the way to it: Deployment or StatefulSet, Service, a service account of its own (its identity in a
 * mesh), its files as ConfigMaps, and its volume where it has one. The objects are named as the workload is, so that
 * policies and host names can count on them.
 *
 * The options' `dependsOn` holds for the pods: e.g. a mesh that must be there to inject them.
 *
 * @throws ResourceError with one line if the arguments don't fit together
 */
export class Workload extends pulumi.ComponentResource {
  readonly service: k8s.core.v1.Service;

  constructor(name: string, args: WorkloadArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:workloads:Workload", name, {}, opts);
    const problem = problemWith(name, args);
    if (problem) throw new pulumi.ResourceError(problem, this);

    const labels = podLabels(name, args.partOf);
    const meta = { namespace: args.namespace, labels };
    const child = { parent: this, deletedWith: opts.deletedWith };
    // A second object of the same name can't exist beside the first.
    const named = { ...child, deleteBeforeReplace: true };

    const account = new k8s.core.v1.ServiceAccount(
      `${name}-account`,
      { metadata: { name, ...meta }, automountServiceAccountToken: false },
      named,
    );
    const configMaps = Object.fromEntries(
      Object.values(args.files ?? {}).map((set) => {
        // Other contents have another name: the new one is there before the old one goes.
        const configMap = new k8s.core.v1.ConfigMap(
          `${name}-${set.kind}`,
          {
            metadata: { name: set.configMap, ...meta },
            ...(set.reloaded ? {} : { immutable: true }),
            data: set.data,
          },
          set.reloaded ? named : child,
        );
        return [set.kind, configMap.metadata.name];
      }),
    );
    const claim =
      args.volume &&
      new k8s.core.v1.PersistentVolumeClaim(
        `${name}-data`,
        {
          metadata: {
            name,
            ...meta,
            // Where volumes are made for the first pod that wants them, Pulumi would wait for that pod.
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: {
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: args.volume.size } },
          },
        },
        named,
      );
    controllerOf(
      name,
      args,
      { serviceAccount: account.metadata.name, configMaps, claim: claim?.metadata.name },
      { ...named, dependsOn: opts.dependsOn },
    );
    this.service = new k8s.core.v1.Service(
      `${name}-service`,
      {
        metadata: {
          name: args.service ?? name,
          ...meta,
          ...serviceAnnotations(args),
        },
        spec: serviceSpec(name, args),
      },
      named,
    );
    if (args.headlessService) {
      new k8s.core.v1.Service(
        `${name}-headless-service`,
        {
          metadata: { name: args.headlessService, ...meta },
          spec: {
            type: "ClusterIP",
            clusterIP: "None",
            selector: selectorLabels(name),
            ports: servicePorts(args),
          },
        },
        named,
      );
    }
    this.registerOutputs();
  }
}

import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { WorkloadArgs } from "./args.ts";
import { type PodReferences, podLabels, podTemplate, selectorLabels } from "./pod.ts";

/** What keeps the pods of a workload running: a Deployment, or a StatefulSet where no two may run at once. */
export function controllerOf(
  name: string,
  args: WorkloadArgs,
  references: PodReferences,
  options: pulumi.CustomResourceOptions,
): k8s.apps.v1.Deployment | k8s.apps.v1.StatefulSet {
  const metadata = { name, namespace: args.namespace, labels: podLabels(name, args.partOf) };
  const spec = {
    replicas: args.replicas ?? 1,
    revisionHistoryLimit: 2,
    selector: { matchLabels: selectorLabels(name) },
    template: podTemplate(name, args, references),
  };
  if (args.controller === "StatefulSet") {
    return new k8s.apps.v1.StatefulSet(
      `${name}-stateful-set`,
      { metadata, spec: { ...spec, serviceName: args.headlessService as string } },
      options,
    );
  }
  return new k8s.apps.v1.Deployment(
    `${name}-deployment`,
    {
      metadata,
      spec: {
        ...spec,
        progressDeadlineSeconds: 300,
        strategy:
          args.update === "replace"
            ? { type: "Recreate" }
            : { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      },
    },
    options,
  );
}

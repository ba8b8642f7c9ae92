import * as pulumi from "@pulumi/pulumi";
import { type Connectivity, compact } from "../micromesh/prediction/compact.ts";
import { predict } from "../micromesh/prediction/predict.ts";
import { kubernetesObjects } from "../micromesh/resources/kubernetes.ts";
import { declaredPlatform } from "../micromesh/resources/platform.ts";
import { type HeardResource, heardDeclaration } from "./heard-declaration.ts";

/**
 * Listens to everything that the program declares from now on, and predicts from it. Call it before the
 * first resource, and the function that it returns after the last.
 *
 * The prediction is known as soon as every input is: in a preview of a stack that isn't deployed yet, the
 * names that the cluster gives are unknown, and so is the prediction.
 */
export function predictConnectivity(): () => pulumi.Output<Connectivity> {
  const told: pulumi.Input<HeardResource>[] = [];
  pulumi.runtime.registerStackTransformation(({ type, name, props }) => {
    const inputs = tellingInputs(type, props);
    if (inputs) {
      const custom = !type.startsWith("micromesh:");
      // Names, labels and ports are no secrets, though they may stand beside one.
      const plain = pulumi.unsecret(pulumi.output(inputs));
      told.push(plain.apply((known) => ({ type, name, custom, inputs: known })));
    }
    return undefined;
  });
  return () => pulumi.all(told).apply((resources) => connectivityOf(resources as HeardResource[]));
}

/** Undefined where a resource tells nothing; Secrets, kubeconfigs and commands aren't looked into. */
function tellingInputs(type: string, props: pulumi.Inputs): pulumi.Inputs | undefined {
  if (/^kubernetes:helm\.sh\//.test(type)) {
    const { chart, name, version, namespace, values } = props;
    return { chart, name, version, namespace, values };
  }
  if (/^micromesh:(?:cni|mesh|ingress):Existing$/.test(type)) return props;
  const isObject = type.startsWith("kubernetes:") && type !== "kubernetes:core/v1:Secret";
  if (!isObject) return undefined;
  const [, group = "", kind] = type.split(":");
  // The SDK fills these in after it has told us.
  return { apiVersion: group.replace(/^core\//, ""), kind, ...props };
}

function connectivityOf(resources: HeardResource[]): Connectivity {
  const declaration = heardDeclaration(resources);
  const of = `stack ${declaration.stack}`;
  return compact(predict(kubernetesObjects(declaration), declaredPlatform(declaration), { of }));
}

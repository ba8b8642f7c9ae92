/** What of a declaration can be compared with a cluster. */
import type { Declaration, DeclaredResource, KubernetesObject } from "../../resources/declared.ts";
import { kubernetesObjects, objectKey, objectTitle } from "../../resources/kubernetes.ts";
import { ENCRYPTED } from "../../resources/stack-config.ts";
import { standInOf, standInsIn } from "../../resources/stand-ins.ts";
import type { FieldOptions } from "./fields.ts";

export interface DeclaredObject {
  object: KubernetesObject;
  options: FieldOptions;
}

export interface Declared {
  objects: DeclaredObject[];
  /** Namespaces that are declared, without those that a chart fills: whose everything is the stack's. */
  namespaces: string[];
  /** What isn't known before Pulumi runs, a sentence each. */
  notes: string[];
}

/** The Kubernetes objects that a stack declares, in the order of their keys. */
export function declaredIn(declaration: Declaration): Declared {
  const { resources } = declaration;
  const standIns = resources.filter(isCommand).map(({ name }) => standInOf(name));
  const isUnknown = (text: string) =>
    text.includes(ENCRYPTED) || standIns.some((standIn) => text.includes(standIn));
  const objects = resources.flatMap((resource) =>
    kubernetesObjects({ ...declaration, resources: [resource] }).map((object) => ({
      object,
      options: {
        isUnknown,
        isSecret: secretsOf(resource),
        partial: /^kubernetes:.*Patch$/.test(resource.type),
      },
    })),
  );
  const charted = new Set(
    resources
      .filter(({ type }) => type.startsWith("kubernetes:helm.sh/"))
      .map(({ inputs }) => inputs.namespace),
  );
  return {
    objects: objects.sort((a, b) => (objectKey(a.object) < objectKey(b.object) ? -1 : 1)),
    namespaces: objects
      .filter(({ object }) => object.kind === "Namespace" && object.apiVersion === "v1")
      .map(({ object }) => object.metadata.name)
      .filter((name) => !charted.has(name)),
    notes: [
      ...standInsIn(declaration).map(
        ({ object, command }) =>
          `${object}: what the command ${command} has printed isn't compared, only Pulumi knows it`,
      ),
      ...objects
        .filter(({ object }) => JSON.stringify(object).includes(ENCRYPTED))
        .map(
          ({ object }) =>
            `${objectTitle(object)}: an encrypted setting isn't compared, only Pulumi knows it`,
        ),
    ],
  };
}

function isCommand({ type }: DeclaredResource): boolean {
  return type.startsWith("command:");
}

function secretsOf({ secrets }: DeclaredResource): (path: string) => boolean {
  return (path) =>
    secrets.some((secret) => secret === "" || path === secret || path.startsWith(`${secret}.`));
}

/** A sidecar for a client that has none. */
import type { KubernetesObject } from "../../resources/declared.ts";
import type { Edit } from "./edit.ts";
import type { Question } from "./question.ts";
import type { World } from "./world.ts";

/** https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy */
const label = { "sidecar.istio.io/inject": "true" };

/** None where the source's manifest isn't at hand. */
export function sidecar({ from }: Question, { cluster }: World): Edit[] {
  if (from.kind !== "pod" || !from.workload || from.pod.meshed) return [];
  const { kind, namespace, name, id } = from.workload;
  const declared = cluster.objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (object.metadata.namespace ?? "default") === namespace,
  );
  if (!declared) return [];
  const object = structuredClone(declared);
  const template = templateOf(object);
  if (!template) return [];
  template.metadata = {
    ...template.metadata,
    labels: { ...template.metadata?.labels, ...label },
  };
  return [{ text: `give ${id} a sidecar`, object }];
}

function templateOf(object: KubernetesObject): Pick<KubernetesObject, "metadata"> | undefined {
  if (object.kind === "Pod") return object;
  return object.kind === "CronJob"
    ? object.spec?.jobTemplate?.spec?.template
    : object.spec?.template;
}

/** What lets a client without a sidecar talk to a server that takes mTLS only. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Edit } from "./edit.ts";
import { takingPlaintext } from "./new-policies.ts";
import type { Question } from "./question.ts";
import type { World } from "./world.ts";

/** Strict mTLS: plaintext on that port, or a sidecar for the client. */
export function plaintext(policy: KubernetesObject, question: Question, world: World): Edit[] {
  if (groupKind(policy) !== "security.istio.io/PeerAuthentication") return [];
  const { port } = question;
  const mode = "PERMISSIVE";
  const own = takingPlaintext(question, world);
  const edits: Edit[] = [];
  if (policy.spec?.selector?.matchLabels) {
    const object = structuredClone(policy);
    object.spec.portLevelMtls = { ...object.spec.portLevelMtls, [port]: { mode } };
    edits.push({ text: `let ${objectTitle(policy)} take plaintext on port ${port}`, object });
  } else if (own) {
    const text = `add ${objectTitle(own)}, which takes plaintext on port ${port}`;
    edits.push({ text, object: own });
  }
  const object = structuredClone(policy);
  object.spec = { ...object.spec, mtls: { mode } };
  edits.push({ text: `let ${objectTitle(policy)} take plaintext`, object });
  return [...edits, ...sidecar(question, world)];
}

/** https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy */
const label = { "sidecar.istio.io/inject": "true" };

/**
 * Only what is to be merged into the manifest: the rest of it, with values that may be secret, isn't told.
 * None where the source's manifest isn't at hand.
 */
function sidecar({ from }: Question, { cluster }: World): Edit[] {
  if (from.kind !== "pod" || !from.workload || from.pod.meshed) return [];
  const { kind, namespace, name, id } = from.workload;
  const declared = cluster.objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (object.metadata.namespace ?? "default") === namespace,
  );
  if (!declared) return [];
  const { apiVersion, metadata } = declared;
  const named = { name, ...(metadata.namespace && { namespace: metadata.namespace }) };
  const template = { metadata: { labels: label } };
  const object = {
    apiVersion,
    kind,
    metadata: kind === "Pod" ? { ...named, ...template.metadata } : named,
    ...(kind !== "Pod" && {
      spec: kind === "CronJob" ? { jobTemplate: { spec: { template } } } : { template },
    }),
  };
  return [{ text: `give ${id} a sidecar`, object }];
}

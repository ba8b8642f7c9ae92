/**
 * PeerAuthentication (security.istio.io): which connections a workload's sidecar takes. Rules as in the
 * API reference and in istiod 1.30 (pilot/pkg/security/authn, ComposePeerAuthentication).
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { compileSelector, type Labels } from "./labels.ts";
import type { MtlsMode, Reason } from "./model.ts";

interface Spec {
  selector?: { matchLabels?: Labels | null } | null;
  mtls?: Mtls | null;
  portLevelMtls?: Record<string, Mtls | null> | null;
}

interface Mtls {
  mode?: MtlsMode | "UNSET" | null;
}

export interface EffectiveMtls {
  mode: MtlsMode;
  because: Reason[];
}

export type MtlsDecider = (namespace: string, labels: Labels, port: number) => EffectiveMtls;

/**
 * The narrowest policy that sets a mode wins: port over workload over namespace over mesh; UNSET inherits,
 * and PERMISSIVE is the default. Of several at one level the oldest counts, then the first by name.
 * A policy with a selector in the root namespace counts for nobody.
 */
export function mtlsDecider(policies: KubernetesObject[], rootNamespace: string): MtlsDecider {
  const ordered = policies
    .map((policy) => ({ policy, spec: (policy.spec ?? {}) as Spec, ...keysOf(policy) }))
    .sort((a, b) => compare(a.created, b.created) || compare(a.name, b.name))
    .map((entry) => ({ ...entry, matches: compileSelector(entry.spec.selector) }));
  const wide = (of: string) =>
    ordered.find(({ namespace, spec }) => namespace === of && !hasSelector(spec));

  return (namespace, labels, port) => {
    const mesh = wide(rootNamespace);
    const own = namespace === rootNamespace ? undefined : wide(namespace);
    const workload =
      namespace === rootNamespace
        ? undefined
        : ordered.find(
            (entry) =>
              entry.namespace === namespace && hasSelector(entry.spec) && entry.matches(labels),
          );
    const levels: [typeof workload, Mtls | null | undefined, rule: string, scope: string][] = [
      [
        workload,
        workload?.spec.portLevelMtls?.[port],
        `spec.portLevelMtls.${port}`,
        `port ${port}`,
      ],
      [workload, workload?.spec.mtls, "spec.mtls", "the workloads it selects"],
      [own, own?.spec.mtls, "spec.mtls", `namespace ${namespace}`],
      [mesh, mesh?.spec.mtls, "spec.mtls", "the mesh"],
    ];
    for (const [entry, mtls, rule, scope] of levels) {
      const mode = mtls?.mode;
      if (!entry || !mode || mode === "UNSET") continue;
      const { kind, metadata } = entry.policy;
      const text = `sets ${mode} for ${scope}: ${meaning[mode]}`;
      return {
        mode,
        because: [{ kind, namespace: entry.namespace, name: metadata.name, rule, text }],
      };
    }
    const text = `no PeerAuthentication sets a mode, so it's PERMISSIVE: ${meaning.PERMISSIVE}`;
    return { mode: "PERMISSIVE", because: [{ text }] };
  };
}

const meaning: Record<MtlsMode, string> = {
  STRICT: "mTLS only, plaintext is reset",
  PERMISSIVE: "mTLS and plaintext are taken",
  DISABLE: "plaintext only",
};

/** A selector without labels is none. */
function hasSelector(spec: Spec): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
}

function keysOf({ metadata }: KubernetesObject) {
  // Known for objects read from a cluster only; declared ones are all as young.
  const { creationTimestamp } = metadata as { creationTimestamp?: string };
  return {
    created: creationTimestamp ?? "",
    name: metadata.name,
    namespace: metadata.namespace ?? "default",
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

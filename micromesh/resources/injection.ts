import type { Settings } from "./settings.ts";

/**
 * True when Istio's webhook injects a sidecar into a pod
 * (https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/#controlling-the-injection-policy).
 */
export function isMeshed(
  mesh: Settings["mesh"],
  namespace: Record<string, string>,
  pod: Record<string, string>,
  hostNetwork: boolean,
): boolean {
  if (!mesh || hostNetwork) return false;
  const own = pod["sidecar.istio.io/inject"];
  if (own === "false") return false;
  const injection = namespace["istio-injection"];
  if (injection !== undefined) return injection === "enabled";
  const revision = namespace["istio.io/rev"] ?? pod["istio.io/rev"];
  return revision !== undefined || own === "true";
}

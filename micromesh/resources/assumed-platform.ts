/**
 * The platform behind a folder of manifests, which says nothing of its CNI: whatever has policies there is
 * assumed to enforce them. Settings may say otherwise.
 */
import type { KubernetesObject } from "./declared.ts";
import { groupKind } from "./kubernetes.ts";
import type { DeclaredPlatform } from "./platform.ts";
import { commonSettings, type Settings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";

/** `--config` keys that speak of a cluster that isn't declared. */
const kinds: Record<string, readonly string[]> = {
  "cni.kind": ["kubernetes", "cilium", "none"],
  "mesh.kind": ["istio", "none"],
};

/** Settings of the network by name, for `--config network.NAME=VALUE`. */
const networkSettings: Record<string, (value: string) => Partial<Settings> | undefined> = {
  ipBlockMatchesPods: (value) => flag("ipBlockMatchesPods", value),
  networkPolicy: (value) => flag("networkPolicy", value),
  clusterNetworkPolicy: (value) => flag("clusterNetworkPolicy", value),
  selfTraffic: (value) =>
    value === "allowed" || value === "judged" ? { selfTraffic: value } : undefined,
  hostNetworkPods: (value) =>
    value === "node" || value === "pod" ? { hostNetworkPods: value } : undefined,
  podNetworks: (value) => ({ podNetworks: value.split(",") }),
};

/**
 * @param config `KEY=VALUE`: `cni.kind`, `mesh.kind`, `network.ipBlockMatchesPods`, ...
 * @throws UsageError for another key or value, with what there is
 */
export function assumedPlatform(objects: KubernetesObject[], config: string[]): DeclaredPlatform {
  const { network, rest } = networkConfig(config);
  const chosen = new Map(rest.map(kindOf));
  const has = (test: (key: string) => boolean) => objects.some((object) => test(groupKind(object)));
  const cilium = (key: string) => key.startsWith("cilium.io/");
  const istio = (key: string) => /^(?:security|networking)\.istio\.io\//.test(key);
  const cni = chosen.get("cni.kind") ?? (has(cilium) ? "cilium" : "kubernetes");
  const mesh = chosen.get("mesh.kind") ?? (has(istio) || injects(objects) ? "istio" : "none");
  const settings: Settings = {
    ...commonSettings,
    networkPolicy: cni !== "none",
    cilium: cni === "cilium",
    clusterNetworkPolicy:
      cni !== "none" && has((key) => key.startsWith("policy.networking.k8s.io/")),
    // A Deployment's pods have no addresses yet, so no block can be said to cover them.
    ipBlockMatchesPods: false,
    mesh:
      mesh === "istio"
        ? { rootNamespace: "istio-system", trustDomain: "cluster.local" }
        : undefined,
    ...network,
  };
  return {
    settings,
    customGroups: [],
    parts: { cni: `${cni} (assumed)`, mesh: `${mesh} (assumed)`, ingress: "none" },
  };
}

/** Splits off what speaks of the network's settings, which no stack's file has. */
export function networkConfig(config: string[]): { network: Partial<Settings>; rest: string[] } {
  const rest = config.filter((setting) => !setting.startsWith("network."));
  const parts = config
    .filter((setting) => setting.startsWith("network."))
    .map((setting) => {
      const [, name = "", value = ""] = /^network\.([^=]*)=(.*)$/.exec(setting) ?? [];
      const read = Object.hasOwn(networkSettings, name) ? networkSettings[name] : undefined;
      const found = read?.(value);
      if (found) return found;
      const known = Object.keys(networkSettings).map((one) => `network.${one}`);
      const mend = read ? "that isn't one of its values" : `settings are ${known.join(", ")}`;
      throw new UsageError(`--config ${setting}: ${mend}`);
    });
  return { network: Object.assign({}, ...parts), rest };
}

function kindOf(setting: string): [key: string, value: string] {
  const [, key = "", value = ""] = /^([^=]*)=(.*)$/.exec(setting) ?? [];
  const values = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
  if (values?.includes(value)) return [key, value];
  const known = Object.entries(kinds).map(([name, all]) => `${name}=${all.join("|")}`);
  throw new UsageError(
    `--config ${setting}: of manifests, ${known.join(", ")} and network.NAME=VALUE can be said`,
  );
}

function flag(name: keyof Settings, value: string): Partial<Settings> | undefined {
  return value === "true" || value === "false" ? { [name]: value === "true" } : undefined;
}

function injects(objects: KubernetesObject[]): boolean {
  return objects.some(({ metadata }) => metadata.labels?.["istio-injection"] === "enabled");
}

/**
 * The platform behind a folder of manifests, which says nothing of its CNI: whatever has policies there is
 * assumed to enforce them. Settings may say otherwise.
 */
import ipaddr from "ipaddr.js";
import leven from "leven";
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

interface NetworkSetting {
  /** Its values, in words. */
  values: string;
  /** Undefined for any other value. */
  read(value: string): Partial<Settings> | undefined;
}

/** Settings of the network by name, for `--config network.NAME=VALUE`. */
const networkSettings: Record<string, NetworkSetting> = {
  ipBlockMatchesPods: oneOf("ipBlockMatchesPods", { true: true, false: false }),
  networkPolicy: oneOf("networkPolicy", { true: true, false: false }),
  clusterNetworkPolicy: oneOf("clusterNetworkPolicy", { true: true, false: false }),
  selfTraffic: oneOf("selfTraffic", { allowed: "allowed", judged: "judged" }),
  hostNetworkPods: oneOf("hostNetworkPods", { node: "node", pod: "pod" }),
  podNetworks: {
    values: "blocks such as 10.244.0.0/16, with commas between them",
    read: (value) => {
      const podNetworks = value.split(",").map((block) => block.trim());
      return podNetworks.every(isBlock) ? { podNetworks } : undefined;
    },
  },
};

function isBlock(text: string): boolean {
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
}

function oneOf<Name extends keyof Settings>(
  name: Name,
  values: Record<string, Settings[Name]>,
): NetworkSetting {
  return {
    values: Object.keys(values).join(" or "),
    read: (value) => (Object.hasOwn(values, value) ? { [name]: values[value] } : undefined),
  };
}

/**
 * @param config `KEY=VALUE`: `cni.kind`, `mesh.kind`, `network.ipBlockMatchesPods`, ...
 * @throws UsageError for another key or value, with what there is
 */
export function assumedPlatform(objects: KubernetesObject[], config: string[]): DeclaredPlatform {
  const { network, rest } = networkConfig(config);
  const chosen = new Map(rest.map(kindOf));
  const has = (test: (key: string) => boolean) => objects.some((object) => test(groupKind(object)));
  const cilium = (key: string) => key.startsWith("cilium.io/");
  const istio = (key: string) => /^(?:security|networking|telemetry)\.istio\.io\//.test(key);
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
  const part = (key: string, kind: string) => (chosen.has(key) ? kind : `${kind} (assumed)`);
  return {
    settings,
    customGroups: [],
    parts: { cni: part("cni.kind", cni), mesh: part("mesh.kind", mesh), ingress: "none" },
  };
}

/**
 * Splits off what speaks of the network's settings, which no stack's file has.
 * @throws UsageError for a setting that isn't there, or a value that it doesn't have
 */
export function networkConfig(config: string[]): { network: Partial<Settings>; rest: string[] } {
  const rest = config.filter((setting) => !setting.startsWith("network."));
  const parts = config.filter((setting) => setting.startsWith("network.")).map(networkSetting);
  return { network: Object.assign({}, ...parts), rest };
}

function networkSetting(setting: string): Partial<Settings> {
  const [, name = "", value = ""] = /^network\.([^=]*)=?(.*)$/s.exec(setting) ?? [];
  const known = Object.hasOwn(networkSettings, name) ? networkSettings[name] : undefined;
  if (!known) {
    const names = Object.keys(networkSettings).map((one) => `network.${one}`);
    throw new UsageError(`--config ${setting}: ${unknownKey(`network.${name}`, names)}`);
  }
  const found = known.read(value);
  if (found) return found;
  throw new UsageError(`--config ${setting}: network.${name} is ${known.values}`);
}

function kindOf(setting: string): [key: string, value: string] {
  const [, key = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(setting) ?? [];
  const values = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
  if (values?.includes(value)) return [key, value];
  const mend = values
    ? `${key} is ${values.join(" or ")}`
    : unknownKey(key, [...Object.keys(kinds), "network.NAME"]);
  throw new UsageError(`--config ${setting}: ${mend}`);
}

/** @param keys what a folder of manifests leaves open */
function unknownKey(key: string, keys: string[]): string {
  const near = keys.find((one) => leven(one, key) <= 3);
  return near ? `did you mean ${near}?` : `what can be set here is ${keys.join(", ")}`;
}

/** Labels by which pods get a sidecar, of a namespace or of pods. */
function injects(objects: KubernetesObject[]): boolean {
  return objects.some(({ metadata, spec }) => {
    const template = spec?.jobTemplate?.spec?.template ?? spec?.template;
    return [metadata.labels, template?.metadata?.labels].some(
      (labels) =>
        labels?.["istio-injection"] === "enabled" ||
        labels?.["istio.io/rev"] !== undefined ||
        labels?.["sidecar.istio.io/inject"] === "true",
    );
  });
}

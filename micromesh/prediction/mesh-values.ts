/** The ports and addresses that the mesh's policies tell apart. */
import { type Block, parseBlockOrAddress } from "../connectivity/address.ts";
import type { KubernetesObject } from "../resources/declared.ts";
import { groupKind } from "../resources/kubernetes.ts";

/** Ports that some rule of the mesh names. The policies are taken as immutable. */
export function meshPorts(policies: KubernetesObject[]): number[] {
  let ports = known.get(policies);
  if (!ports) {
    ports = portsNamedBy(policies);
    known.set(policies, ports);
  }
  return ports;
}

/** Asked for every pair of a mesh. */
const known = new WeakMap<KubernetesObject[], number[]>();

function portsNamedBy(policies: KubernetesObject[]): number[] {
  const ports = new Set<number>();
  for (const policy of policies) {
    const { spec = {} } = policy;
    if (groupKind(policy) === "security.istio.io/PeerAuthentication") {
      for (const port of Object.keys(spec.portLevelMtls ?? {})) ports.add(Number(port));
    }
    if (groupKind(policy) === "security.istio.io/AuthorizationPolicy") {
      for (const value of valuesOf(policy, ["ports", "notPorts"], ["destination.port"])) {
        ports.add(Number(value));
      }
    }
  }
  return [...ports].filter((port) => Number.isInteger(port) && port >= 1 && port <= 65535);
}

/** Blocks of addresses that some AuthorizationPolicy names. */
export function authorizationBlocks(policies: KubernetesObject[]): Block[] {
  const fields = ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"];
  return policies
    .filter((policy) => groupKind(policy) === "security.istio.io/AuthorizationPolicy")
    .flatMap((policy) => valuesOf(policy, fields, ["source.ip", "remote.ip", "destination.ip"]))
    .map(parseBlockOrAddress)
    .filter((block) => block !== undefined);
}

/** The values of these fields, and of conditions with these keys, anywhere in the rules. */
function valuesOf({ spec }: KubernetesObject, fields: string[], keys: string[]): string[] {
  return (spec?.rules ?? []).flatMap((rule: { from?: Item[]; to?: Item[]; when?: Condition[] }) => [
    ...[...(rule.from ?? []), ...(rule.to ?? [])].flatMap(({ source, operation }) =>
      fields.flatMap((field) => (source ?? operation)?.[field] ?? []),
    ),
    ...(rule.when ?? [])
      .filter(({ key }) => keys.includes(key))
      .flatMap(({ values = [], notValues = [] }) => [...values, ...notValues]),
  ]);
}

interface Item {
  source?: Record<string, string[]>;
  operation?: Record<string, string[]>;
}

interface Condition {
  key: string;
  values?: string[];
  notValues?: string[];
}

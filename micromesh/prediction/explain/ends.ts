/** Finds what a person means by an end of a question. */
import leven from "leven";
import { type AddressRange, addressText, everything } from "../../connectivity/address.ts";
import type { Peer, Pod } from "../../connectivity/model.ts";
import { UsageError } from "../../resources/usage-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Workload } from "../cluster/workloads.ts";
import { addressesOf } from "./outside.ts";

/** A pod of the cluster. */
export interface PodEnd {
  kind: "pod";
  /** As flows name it. */
  title: string;
  pod: Pod;
  peer: Peer;
  /** Absent for a controller whose pods aren't declared. */
  workload?: Workload;
}

/** Addresses outside, or a host by its name. */
export interface OutsideEnd {
  kind: "outside";
  title: string;
  peer: Extract<Peer, { kind: "external" }>;
  host?: string;
  /** Absent for a host. */
  range?: AddressRange;
}

export type End = PodEnd | OutsideEnd;

/** Where ends are looked for. */
export interface Known {
  cluster: Cluster;
  /** Ends that take requests from outside, and aren't declared: `{ingress-controller}`. */
  controllers: { id: string; pod: Pod }[];
}

/**
 * @param text `namespace/name`, `name` where one namespace has it, either with `[Kind]`; an address, a block
 *   or a range of them; `outside`; a host; `{ingress-controller}`
 * @param which of the two ends it is, for messages
 * @throws UsageError with what there is
 */
export function endOf(text: string, { cluster, controllers }: Known, which: "SRC" | "DST"): End {
  if (/^\{.*\}$/.test(text)) return controllerEnd(text, cluster, controllers);
  if (text === "outside") return outsideEnd(text, everything[4]);
  const range = addressesOf(text);
  if (range) return addressEnd(text, range, cluster);
  const [, bare = text, kind] = /^(.*)\[(\w+)\]$/.exec(text) ?? [];
  if (kind === "External") return hostEnd(bare);
  const found = cluster.workloads.filter(
    (workload) =>
      [workload.name, `${workload.namespace}/${workload.name}`].includes(bare) &&
      (kind === undefined || kind === workload.kind),
  );
  const [workload, ...others] = found;
  if (workload && others.length === 0) return workloadEnd(workload);
  if (workload) {
    const ids = found.map(({ id }) => id).join(" or ");
    throw new UsageError(`--explain ${text}: that may be ${ids}; write one of them`);
  }
  if (/^[\d.:/-]+$/.test(text)) {
    const mend = "write 10.1.2.3, 10.0.0.0/8 or 10.0.0.0-10.0.0.9";
    throw new UsageError(`--explain ${text}: that is no address, block or range; ${mend}`);
  }
  if (bare.includes(".") && !bare.includes("/")) return hostEnd(bare);
  throw new UsageError(`--explain ${text}: ${nobody(bare, kind, cluster, which)}`);
}

export function workloadEnd(workload: Workload): PodEnd {
  const { id, pod } = workload;
  return { kind: "pod", title: id, pod, workload, peer: { kind: "pod", pod } };
}

export function hostEnd(host: string): OutsideEnd {
  return { kind: "outside", title: host, host, peer: { kind: "external", names: [host] } };
}

export function outsideEnd(title: string, range: AddressRange): OutsideEnd {
  const ip = addressText(range.family, range.first);
  return { kind: "outside", title, range, peer: { kind: "external", ip } };
}

function addressEnd(text: string, range: AddressRange, { workloads }: Cluster): End {
  const ip = addressText(range.family, range.first);
  const own = workloads.find(({ pod }) => pod.ips.includes(ip));
  return own && range.first === range.last ? workloadEnd(own) : outsideEnd(text, range);
}

/** Where the controller's pods are known, those. */
function controllerEnd(text: string, cluster: Cluster, controllers: Known["controllers"]): End {
  const known = controllers.find(({ id }) => id === text);
  if (known) {
    const { id, pod } = known;
    return { kind: "pod", title: id, pod, peer: { kind: "pod", pod } };
  }
  const { ingress } = cluster.platform;
  const workload =
    text === "{ingress-controller}"
      ? cluster.workloads.find(
          ({ namespace, name }) => namespace === ingress?.namespace && name === ingress.name,
        )
      : undefined;
  if (workload) return workloadEnd(workload);
  const ids = controllers.map(({ id }) => id).join(", ");
  const mend = ids ? `there is ${ids}` : "nothing declared here leads in from outside";
  throw new UsageError(`--explain ${text}: ${mend}`);
}

/** More names than this aren't listed. */
const mostNames = 8;

function nobody(bare: string, kind: string | undefined, cluster: Cluster, which: string): string {
  const { workloads, services } = cluster;
  const service = services.find(({ key, name }) => [key, name].includes(bare));
  if (service && which === "SRC") {
    const ids = service.backends.map(({ id }) => id).join(" or ");
    return `that is a Service, and connections come from pods${ids ? `; write ${ids}` : ""}`;
  }
  const names = [
    ...workloads.map(({ id, namespace, name }) => (kind ? id : `${namespace}/${name}`)),
    ...(which === "DST" && !kind ? services.map(({ key }) => key) : []),
  ];
  const what = which === "SRC" ? "workload" : "workload or Service";
  const near = nearest(kind ? `${bare}[${kind}]` : bare, names);
  if (near) return `there is no such ${what}; did you mean ${near}?`;
  const all = [...new Set(workloads.map(({ namespace, name }) => `${namespace}/${name}`))];
  if (all.length === 0) return `there is no such ${what}: none is declared`;
  const more = all.length > mostNames ? ` and ${all.length - mostNames} more` : "";
  return `there is no such ${what}; there is ${all.slice(0, mostNames).join(", ")}${more}`;
}

/** Undefined where none is like it. */
function nearest(asked: string, names: string[]): string | undefined {
  // Who left the namespace out means any of them.
  const wordOf = (name: string) => (asked.includes("/") ? name : name.slice(name.indexOf("/") + 1));
  const inCommon = (word: string) => {
    let length = 0;
    while (length < word.length && word[length] === asked[length]) length++;
    return length;
  };
  const [near] = names
    .map((name) => ({ name, word: wordOf(name), distance: leven(asked, wordOf(name)) }))
    .sort((a, b) => a.distance - b.distance || inCommon(b.word) - inCommon(a.word));
  const most = Math.max(2, Math.floor(asked.length / 3));
  return near && near.distance <= most && near.distance < asked.length ? near.name : undefined;
}

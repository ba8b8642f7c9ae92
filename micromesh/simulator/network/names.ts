import { ask } from "../../resources/corefile/ask.ts";
import type { ResourceRecord } from "../../resources/corefile/question.ts";
import { normal } from "../../resources/corefile/zones.ts";
import { clusterRecords } from "./records.ts";
import type { View } from "./view.ts";

/** Kubernetes' resolv.conf for pods with `dnsPolicy: ClusterFirst`. */
const NDOTS = 5;
/** CNAMEs that CoreDNS follows before it gives up. */
const MAX_ALIASES = 7;

/** What comes of one question to the cluster's DNS. */
export type QueryAnswer =
  /** Without records of the type asked for: the name has others (NOERROR, "no data"). */
  | { kind: "records"; records: ResourceRecord[] }
  /**
   * The world's resolvers decide. `asked` is the name that the pod asked for, where an ExternalName or a
   * rewriting led from there.
   */
  | { kind: "external"; name: string; asked?: string }
  /** A code such as `NXDOMAIN`, `SERVFAIL` or `REFUSED`. */
  | { kind: "failure"; rcode: string };

/** What comes of looking a host up. */
export type Answer =
  | { kind: "addresses"; addresses: string[] }
  | Extract<QueryAnswer, { kind: "external" }>
  /** Cilium's DNS proxy or CoreDNS answers REFUSED. */
  | { kind: "refused"; name: string }
  /** CoreDNS answers SERVFAIL, or another code that helps nobody. */
  | { kind: "server-failure"; name: string }
  /** There is such a name, but it has no address. */
  | { kind: "no-data"; name: string }
  | { kind: "no-such-name" };

/** The domains of a pod's resolv.conf. */
export function searchList({ clusterDomain }: View, namespace: string): string[] {
  return [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
}

/** The resolv.conf that the kubelet gives a pod with `dnsPolicy: ClusterFirst`. */
export function resolvConf(view: View, namespace: string): string {
  const dns = view.services.find((s) => s.namespace === "kube-system" && s.name === "kube-dns");
  return [
    `search ${searchList(view, namespace).join(" ")}`,
    ...(dns?.clusterIp === undefined ? [] : [`nameserver ${dns.clusterIp}`]),
    `options ndots:${NDOTS}`,
    "",
  ].join("\n");
}

/**
 * Looks a host up as a pod's resolver does: search list and ndots first
 * (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/), then as musl does it, which the
 * stock node image has: it asks for A and AAAA at once, and goes on with the search list only where a name isn't
 * there (NXDOMAIN to either). A name without an address ends the search, and so does a name server that fails or
 * refuses (musl, src/network/lookup_name.c; Cilium documentation, "Alpine/musl deployments and DNS Refused").
 *
 * @param admits whether a name, in full, may be asked for
 */
export function resolve(
  view: View,
  namespace: string,
  host: string,
  admits: (name: string) => boolean = () => true,
): Answer {
  for (const name of candidates(view, namespace, host)) {
    if (!admits(name)) return { kind: "refused", name };
    const answer = hostAnswer(name, query(view, name, "A"), query(view, name, "AAAA"));
    if (answer.kind !== "no-such-name") return answer;
  }
  return { kind: "no-such-name" };
}

function candidates(view: View, namespace: string, host: string): string[] {
  const name = normal(host);
  if (host.endsWith(".")) return [name];
  const searched = searchList(view, namespace).map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= NDOTS ? [name, ...searched] : [...searched, name];
}

function hostAnswer(name: string, ...answers: [QueryAnswer, QueryAnswer]): Answer {
  const rcodes = answers.flatMap((one) => (one.kind === "failure" ? [one.rcode] : []));
  const failed = rcodes.find((rcode) => rcode !== "NXDOMAIN");
  if (failed !== undefined) {
    return { kind: failed === "REFUSED" ? "refused" : "server-failure", name };
  }
  if (rcodes.length > 0) return { kind: "no-such-name" };
  const addresses = answers.flatMap((one) => (one.kind === "records" ? valuesOf(one, "A") : []));
  if (addresses.length > 0) return { kind: "addresses", addresses };
  return answers.find((one) => one.kind === "external") ?? { kind: "no-data", name };
}

/** What the cluster's DNS answers to one question, of a name in full. */
export function query(view: View, host: string, type: string): QueryAnswer {
  const asked = normal(host);
  return follow(view, asked, asked, type, MAX_ALIASES);
}

function follow(
  view: View,
  asked: string,
  name: string,
  type: string,
  aliases: number,
): QueryAnswer {
  const reply = ask(view.nameServer, { name, type }, (question, settings, zone) =>
    clusterRecords(view, question, settings, zone),
  );
  if (reply.kind === "failure") return { kind: "failure", rcode: reply.rcode };
  if (reply.kind === "forward") {
    // The world knows nothing of the cluster's domain.
    const { clusterDomain } = view;
    const own = reply.name === clusterDomain || reply.name.endsWith(`.${clusterDomain}`);
    if (own) return { kind: "failure", rcode: "NXDOMAIN" };
    return { kind: "external", name: reply.name, ...(reply.name === asked ? {} : { asked }) };
  }
  const records = reply.kind === "found" ? reply.found : reply.records;
  const alias = records.find((record) => record.type === "CNAME")?.value;
  if (alias === undefined || type === "CNAME") return { kind: "records", records: of(records) };
  // CoreDNS follows it itself, also back into the cluster, and past Cilium's proxy. Where that leads nowhere,
  // its answer is the alias alone.
  const target = aliases > 0 && follow(view, asked, normal(alias), type, aliases - 1);
  return !target || target.kind === "failure" ? { kind: "records", records: [] } : target;

  function of(all: ResourceRecord[]): ResourceRecord[] {
    return all.filter((record) => record.type === type || type === "ANY");
  }
}

function valuesOf({ records }: { records: ResourceRecord[] }, type: string): string[] {
  return records.filter((record) => record.type === type).map(({ value }) => value);
}

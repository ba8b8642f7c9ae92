import { askHosts } from "./hosts.ts";
import type { Kubernetes } from "./kubernetes.ts";
import type { NameServer, Server } from "./name-server.ts";
import { COREFILE } from "./parse.ts";
import type { Handled, Origin, Question } from "./question.ts";
import { rewritten } from "./rewrite.ts";
import { askTemplates } from "./template.ts";
import { zoneOf } from "./zones.ts";

/** What CoreDNS makes of a question. */
export type Reply<Found> =
  | Handled
  /** The cluster's own record. */
  | { kind: "found"; found: Found; name: string }
  /** The name servers outside are asked, for this name. */
  | { kind: "forward"; name: string };

/**
 * Asks CoreDNS. The most specific zone's server answers, whose plugins are asked one after another.
 * @param cluster knows the records of Services and pods; undefined: there is no such name (NXDOMAIN)
 */
export function ask<Found>(
  { servers }: NameServer,
  question: Question,
  cluster: (question: Question, settings: Kubernetes, zone: string) => Found | undefined,
): Reply<Found> {
  const server = serverOf(servers, question.name);
  if (!server || server.silent) {
    const place = server?.place ?? { file: COREFILE, line: 1 };
    return { kind: "failure", rcode: "REFUSED", by: { plugin: "no plugin", place } };
  }
  const asked = { ...question, name: rewritten(server.rewrite, question.name) };
  const byTemplate = askTemplates(server.template, asked);
  if (byTemplate !== "through") return byTemplate;
  const byHosts = server.hosts ? askHosts(server.hosts, asked) : "through";
  if (byHosts !== "through") return byHosts;
  const { kubernetes } = server;
  const zone = kubernetes && zoneOf(asked.name, kubernetes.zones);
  if (kubernetes && zone !== undefined) {
    const found = cluster(asked, kubernetes, zone);
    if (found !== undefined) return { kind: "found", found, name: asked.name };
    if (zoneOf(asked.name, kubernetes.fallthrough) === undefined) {
      const by: Origin = { plugin: "kubernetes", place: kubernetes.place };
      return { kind: "failure", rcode: "NXDOMAIN", by };
    }
  }
  if (zoneOf(asked.name, server.forward) !== undefined) {
    return { kind: "forward", name: asked.name };
  }
  // The end of the chain.
  const by: Origin = { plugin: "no plugin", place: server.place };
  return { kind: "failure", rcode: "SERVFAIL", by };
}

function serverOf(servers: Server[], name: string): Server | undefined {
  const zone = zoneOf(
    name,
    servers.flatMap(({ zones }) => zones),
  );
  return zone === undefined ? undefined : servers.find(({ zones }) => zones.includes(zone));
}

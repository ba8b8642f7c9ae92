/** The mesh layer at a server's sidecar: mTLS and authorization. */
import type { KubernetesObject } from "../resources/declared.ts";
import { describeTraffic, type Traffic } from "./authorization-attributes.ts";
import {
  type Action,
  type AuthorizationPolicy,
  type AuthorizationRule,
  compileAuthorizationPolicy,
  type Extent,
} from "./authorization-policy.ts";
import type { Decision, HttpRequest, MeshSource, Pod, Reason } from "./model.ts";
import { type EffectiveMtls, mtlsDecider } from "./peer-authentication.ts";

/** What a meshed server does with a connection to one of its ports. */
export interface InboundMesh {
  mtls: EffectiveMtls;
  /** True when some rule can only be decided per HTTP request. */
  needsHttp: boolean;
  /**
   * Decides a connection (no `http`) or a request. On a TCP port HTTP attributes are absent: an ALLOW rule
   * that uses one never matches, and a DENY rule denies as if it didn't ask for it.
   */
  authorize(
    source: MeshSource,
    destination: { ip: string; port: number },
    http?: HttpRequest,
  ): Decision;
  /** Decides all HTTP requests at once that may come over such a connection. */
  requests(source: MeshSource, destination: { ip: string; port: number }): RequestsDecision;
}

export interface RequestsDecision {
  extent: Extent;
  because: Reason[];
  /** Where it depends on the request: which ones are let in or kept out, in words. */
  which: string[];
}

/** Finds what a meshed pod's sidecar does; the answer for a pod object and port is kept. */
export function inboundFinder(
  policies: { peerAuthentications: KubernetesObject[]; authorizations: KubernetesObject[] },
  mesh: { rootNamespace: string; trustDomain: string },
): (server: Pod, port: number) => InboundMesh | undefined {
  const mtlsOf = mtlsDecider(policies.peerAuthentications, mesh.rootNamespace);
  const compiled = policies.authorizations
    .map((policy) => compileAuthorizationPolicy(policy, mesh))
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const known = new WeakMap<Pod, Map<number, InboundMesh>>();
  return (server, port) => {
    if (!server.meshed) return undefined;
    const ports = known.get(server) ?? new Map<number, InboundMesh>();
    known.set(server, ports);
    let inbound = ports.get(port);
    if (!inbound) {
      const { namespace, labels } = server;
      const selected = compiled.filter((policy) => policy.selects(namespace, labels));
      inbound = { mtls: mtlsOf(namespace, labels, port), ...authorizer(selected) };
      ports.set(port, inbound);
    }
    return inbound;
  };
}

function nameOf({ ref }: AuthorizationPolicy): string {
  return `${ref.namespace}/${ref.name}`;
}

/**
 * "If there are any DENY policies that match the request, deny. If there are no ALLOW policies for the
 * workload, allow. If any of the ALLOW policies match the request, allow. Deny." AUDIT decides nothing.
 */
function authorizer(selected: AuthorizationPolicy[]): Omit<InboundMesh, "mtls"> {
  const of = (action: Action, dryRun: boolean) =>
    selected.filter((policy) => policy.action === action && policy.dryRun === dryRun);
  const [deny, allow] = [of("DENY", false), of("ALLOW", false)];
  const [dryDeny, dryAllow] = [of("DENY", true), of("ALLOW", true)];
  return {
    needsHttp: [...deny, ...allow].some(({ rules }) => rules.some(({ http }) => http)),
    authorize: (source, destination, http) => {
      const traffic = describeTraffic(source, destination, http);
      const decision = decide(deny, allow, traffic);
      if (dryDeny.length + dryAllow.length === 0) return decision;
      const dry = decide(dryDeny, dryAllow, traffic);
      if (dry.allowed) return decision;
      const notes = dry.because.map((reason) => ({
        ...reason,
        text: `dry run only: ${reason.text}`,
      }));
      return { ...decision, because: [...decision.because, ...notes] };
    },
    requests: (source, destination) =>
      decideRequests(deny, allow, describeTraffic(source, destination)),
  };
}

function decide(
  deny: AuthorizationPolicy[],
  allow: AuthorizationPolicy[],
  traffic: Traffic,
): Decision {
  const denied = firstMatch(deny, traffic);
  if (denied) return { allowed: false, because: [reason(denied, `denies ${inWords(traffic)}`)] };
  if (allow.length === 0) {
    return { allowed: true, because: [{ text: "no AuthorizationPolicy with ALLOW applies" }] };
  }
  const allowed = firstMatch(allow, traffic);
  if (allowed) return { allowed: true, because: [reason(allowed, `allows ${inWords(traffic)}`)] };
  return {
    allowed: false,
    because: allow.map((policy) => reason({ policy }, lacking(policy, traffic))),
  };
}

/** The same decision for every request that the connection may carry. */
function decideRequests(
  deny: AuthorizationPolicy[],
  allow: AuthorizationPolicy[],
  traffic: Traffic,
): RequestsDecision {
  const words = `requests to port ${traffic.destination.port} from ${sourceText(traffic)}`;
  const denied = matching(deny, traffic);
  const always = denied.find(({ extent }) => extent === "all");
  if (always) {
    return { extent: "none", because: [reason(always, `denies all ${words}`)], which: [] };
  }
  const someDenied = denied.map((hit) => ({
    because: reason(hit, `denies some ${words}`),
    which: `not ${hit.rule.requests}`,
  }));
  const cut = {
    because: someDenied.map(({ because }) => because),
    which: someDenied.map(({ which }) => which),
  };
  if (allow.length === 0) {
    const because = [{ text: "no AuthorizationPolicy with ALLOW applies" }, ...cut.because];
    return { extent: denied.length > 0 ? "some" : "all", because, which: cut.which };
  }
  const allowed = matching(allow, traffic);
  const open = allowed.find(({ extent }) => extent === "all");
  if (open) {
    const because = [reason(open, `allows all ${words}`), ...cut.because];
    return { extent: denied.length > 0 ? "some" : "all", because, which: cut.which };
  }
  if (allowed.length > 0) {
    return {
      extent: "some",
      because: [...allowed.map((hit) => reason(hit, `allows some ${words}`)), ...cut.because],
      which: [...allowed.map(({ rule }) => rule.requests), ...cut.which],
    };
  }
  const because = allow.map((policy) => {
    const hint =
      !traffic.source.principal && policy.rules.some(({ identity }) => identity)
        ? "; plaintext carries no identity that its rules could match"
        : "";
    const text = `allows only what its rules match, and none matches ${words}${hint}`;
    return reason(
      { policy },
      policy.rules.length === 0 ? "has no rules, so it allows nothing" : text,
    );
  });
  return { extent: "none", because, which: [] };
}

function matching(policies: AuthorizationPolicy[], traffic: Traffic) {
  return policies.flatMap((policy) =>
    policy.rules
      .map((rule) => ({ policy, rule, extent: rule.extent(traffic) }))
      .filter(({ extent }) => extent !== "none"),
  );
}

interface Hit {
  policy: AuthorizationPolicy;
  rule?: AuthorizationRule;
}

function firstMatch(policies: AuthorizationPolicy[], traffic: Traffic): Hit | undefined {
  for (const policy of policies) {
    const rule = policy.rules.find((one) => one.matches(traffic));
    if (rule) return { policy, rule };
  }
  return undefined;
}

/** Why an ALLOW policy allows nothing of it; the two reasons that cost people days are named. */
function lacking({ rules }: AuthorizationPolicy, traffic: Traffic): string {
  if (rules.length === 0) return "has no rules, so it allows nothing";
  const text = `allows only what its rules match, and none matches ${inWords(traffic)}`;
  const hints: string[] = [];
  if (!traffic.source.principal && rules.some(({ identity }) => identity)) {
    hints.push("plaintext carries no identity that its rules could match");
  }
  if (!traffic.http && rules.some(({ http }) => http)) {
    hints.push("rules that ask for HTTP attributes never match a TCP connection");
  }
  return hints.length > 0 ? `${text}; ${hints.join("; ")}` : text;
}

function reason({ policy, rule }: Hit, text: string): Reason {
  return { ...policy.ref, ...(rule && { rule: rule.place }), text };
}

function inWords(traffic: Traffic): string {
  const { destination, http } = traffic;
  const what = http ? `${http.method} ${http.path}` : `TCP ${destination.port}`;
  return `${what} from ${sourceText(traffic)}`;
}

function sourceText({ source }: Traffic): string {
  return source.principal ?? `${source.ip} without identity`;
}

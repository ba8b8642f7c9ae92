/**
 * CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (cilium.io/v2). Rules as in Cilium 1.20's
 * documentation ("Layer 3/4/7 Policies", "Deny Policies") and, where that is silent, its source
 * (pkg/policy/api, pkg/policy/rule.go).
 */
import type { KubernetesObject } from "../resources/declared.ts";
import { compileDnsRules, type NameSelector } from "./cilium-fqdn.ts";
import { compileHttpRule, type HttpRuleSpec, httpRuleText } from "./cilium-http.ts";
import {
  type CiliumPeerContext,
  type CiliumPeerSpec,
  type CiliumReferences,
  compilePeers,
} from "./cilium-peer.ts";
import { withoutNamespace } from "./cilium-selector.ts";
import type { LabelSelector } from "./labels.ts";
import { everyone, identified } from "./party-test.ts";
import {
  allPorts,
  type Direction,
  type HttpTest,
  namedPorts,
  protocols,
  type Rule,
  type Section,
  type TrafficPolicy,
} from "./traffic-policy.ts";

interface Spec {
  endpointSelector?: LabelSelector | null;
  enableDefaultDeny?: { ingress?: boolean | null; egress?: boolean | null } | null;
  ingress?: RuleSpec[] | null;
  ingressDeny?: RuleSpec[] | null;
  egress?: RuleSpec[] | null;
  egressDeny?: RuleSpec[] | null;
}

interface RuleSpec extends CiliumPeerSpec {
  toPorts?: PortRuleSpec[] | null;
  icmps?: unknown[] | null;
}

interface PortRuleSpec {
  ports?: { port: string | number; endPort?: number | null; protocol?: string | null }[] | null;
  rules?: { http?: HttpRuleSpec[] | null; dns?: NameSelector[] | null } | null;
}

/** Compiles a valid policy: one for `spec`, and one for each of `specs`. Host policies give none. */
export function compileCiliumPolicy(
  policy: KubernetesObject,
  references: CiliumReferences,
): TrafficPolicy[] {
  const specs: [Spec, string][] = (policy.specs ?? []).map((spec: Spec, i: number) => [
    spec,
    `specs[${i}]`,
  ]);
  if (policy.spec) specs.unshift([policy.spec, "spec"]);
  const namespace =
    policy.kind === "CiliumClusterwideNetworkPolicy"
      ? undefined
      : (policy.metadata.namespace ?? "default");
  return (
    specs
      // A nodeSelector makes a host policy, which only the host firewall enforces (off by default).
      .filter(([spec]) => spec.endpointSelector)
      .map(([spec, place]) => compileSpec(policy, spec, place, { namespace, references }))
  );
}

function compileSpec(
  policy: KubernetesObject,
  spec: Spec,
  place: string,
  context: PolicyContext,
): TrafficPolicy {
  const { namespace } = context;
  const selector = spec.endpointSelector;
  // A namespace's policy selects in that namespace, whatever its selector says of namespaces.
  return {
    ref: { kind: policy.kind, namespace, name: policy.metadata.name },
    scope: namespace,
    selects: identified(namespace ? withoutNamespace(selector) : selector),
    ingress: compileSection(spec, "ingress", place, context),
    egress: compileSection(spec, "egress", place, context),
  };
}

type PolicyContext = Pick<CiliumPeerContext, "namespace" | "references">;

/**
 * "If omitted or empty, this rule does not apply at ingress"; a section with any rule in it, be it an
 * empty one or a deny, puts the pods in default deny, unless `enableDefaultDeny` says otherwise.
 */
function compileSection(
  spec: Spec,
  direction: Direction,
  place: string,
  policy: PolicyContext,
): Section | undefined {
  const allow = spec[direction] ?? [];
  const deny = spec[`${direction}Deny`] ?? [];
  const isolates = spec.enableDefaultDeny?.[direction] ?? allow.length + deny.length > 0;
  if (!isolates && allow.length + deny.length === 0) return undefined;
  const compile = (rules: RuleSpec[], field: string, deny: boolean) =>
    rules.map((rule, i) =>
      compileRule(rule, `${place}.${field}[${i}]`, { ...policy, direction, deny, isolates }),
    );
  return {
    isolates,
    allow: compile(allow, direction, false),
    deny: compile(deny, `${direction}Deny`, true),
  };
}

interface RuleContext extends CiliumPeerContext {
  isolates: boolean;
}

/**
 * A rule that names no peer matches everyone on its ports; one that names neither matches nothing, so
 * `ingress: [{}]` is a plain default deny (NetworkPolicy's `ingress: [{}]` allows everything).
 */
function compileRule(spec: RuleSpec, place: string, context: RuleContext): Rule {
  const portRules = spec.toPorts ?? [];
  const icmpOnly = (spec.icmps ?? []).length > 0;
  return {
    place,
    peers:
      compilePeers(spec, context) ?? (portRules.length > 0 ? [{ place: "", test: everyone }] : []),
    ports: icmpOnly ? () => [] : compilePorts(portRules, context.isolates),
    portText: icmpOnly ? "ICMP" : portRules.map(portRuleText).join(", ") || "all ports",
  };
}

function compilePorts(rules: PortRuleSpec[], isolates: boolean): Rule["ports"] {
  if (rules.length === 0) return () => allPorts();
  const compiled = rules.flatMap((rule, i) => {
    const place = `.toPorts[${i}]`;
    // Without default deny, Cilium adds an allow-all to the L7 rules, so that they deny nothing.
    const http = isolates ? compileHttp(rule, place) : undefined;
    const dns = compileDnsRules(rule.rules?.dns, place, isolates);
    return (rule.ports ?? []).map((port) => ({ ranges: compilePort(port), http, dns }));
  });
  return (destination) =>
    compiled.flatMap(({ ranges, http, dns }) =>
      ranges(destination).map((range) => (http || dns ? { ...range, http, dns } : range)),
    );
}

function compileHttp(rule: PortRuleSpec, place: string): HttpTest[] | undefined {
  if (!rule.rules?.http?.length) return undefined;
  return rule.rules.http.map((spec, i) => ({
    place: `${place}.rules.http[${i}]`,
    text: httpRuleText(spec),
    admits: compileHttpRule(spec),
  }));
}

/** Port 0 is every port; no protocol, or ANY, is every protocol; names ignore case. */
function compilePort(spec: {
  port: string | number;
  endPort?: number | null;
  protocol?: string | null;
}): Rule["ports"] {
  const wanted = protocolOf(spec.protocol);
  const of = protocols.filter((protocol) => wanted === "ANY" || wanted === protocol);
  const first = portNumber(spec.port);
  if (first === undefined) {
    const name = String(spec.port).toLowerCase();
    return (destination) => namedPorts(destination, name, of);
  }
  if (first === 0) return () => allPorts(of);
  const last = Math.max(first, spec.endPort ?? 0);
  const ranges = of.map((protocol) => ({ protocol, first, last }));
  return () => ranges;
}

export function protocolOf(protocol: string | null | undefined): string {
  return protocol ? protocol.toUpperCase() : "ANY";
}

/** The number, or undefined for a port's name. */
export function portNumber(port: unknown): number | undefined {
  const text = String(port);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function portRuleText(rule: PortRuleSpec): string {
  return (rule.ports ?? [])
    .map(({ port, endPort, protocol }) => {
      const wanted = protocolOf(protocol);
      return `${wanted === "ANY" ? "any protocol" : wanted} ${endPort ? `${port}-${endPort}` : port}`;
    })
    .join(", ");
}

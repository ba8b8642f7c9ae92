/** Small changes of what is declared, each of which might turn a verdict; whoever asks tries them out. */
import type { KubernetesObject } from "../../resources/declared.ts";
import { groupKind, objectTitle } from "../../resources/kubernetes.ts";
import type { Analysis } from "../analysis.ts";
import type { Workload } from "../cluster/workloads.ts";
import { dnsRule, labelsOf, peerFor } from "../suggest/selectors.ts";
import { policyFor } from "../suggest/suggest.ts";
import type { Question } from "./ends.ts";
import type { Step } from "./explain.ts";

export interface Edit {
  /** What to do, in a sentence. */
  text: string;
  /** The object as it is to be. */
  object: KubernetesObject;
  apply(objects: KubernetesObject[]): KubernetesObject[];
}

/** Changes that might let the connection through, the smallest first. */
export function openingEdits(question: Question, analysis: Analysis, steps: Step[]): Edit[] {
  const blamed = policiesIn(steps, analysis);
  const singles = [
    ...blamed.flatMap((policy) => denyingRule(policy, steps)),
    ...blamed.flatMap((policy) => addedRules(policy, question, analysis)),
    ...blamed.flatMap((policy) => permissive(policy, question)),
  ];
  // Both ends may be cut, or names as well: then it takes one change at each.
  const pairs = singles.flatMap((first, i) =>
    singles
      .slice(i + 1)
      .filter((second) => titleOf(second) !== titleOf(first))
      .map((second) => both(first, second)),
  );
  const triples = pairs.flatMap((pair) =>
    singles
      .filter((single) => !pair.text.includes(single.text))
      .map((single) => both(pair, single)),
  );
  return [...singles, ...pairs, ...triples].slice(0, 200);
}

/** Changes that might cut the connection, the smallest first. */
export function closingEdits(question: Question, analysis: Analysis, steps: Step[]): Edit[] {
  const removals = policiesIn(steps, analysis).flatMap((policy) => allowingRules(policy, steps));
  const isolation =
    question.to.kind === "workload" ? [isolate(question, question.to.workload, analysis)] : [];
  const egress =
    question.to.kind === "outside" && question.from.kind === "workload"
      ? [isolate(question, question.from.workload, analysis)]
      : [];
  return [...removals, ...isolation, ...egress];
}

function titleOf({ object }: Edit): string {
  return objectTitle(object);
}

function both(first: Edit, second: Edit): Edit {
  return {
    text: `${first.text}; and ${second.text}`,
    object: second.object,
    apply: (objects) => second.apply(first.apply(objects)),
  };
}

function policiesIn(steps: Step[], { cluster }: Analysis): KubernetesObject[] {
  const lines = steps.flatMap(({ because }) => because);
  return cluster.policies.filter((policy) => {
    const title = objectTitle(policy);
    return lines.some((line) => line.startsWith(`${title} `) || line.startsWith(`${title}:`));
  });
}

/** The places of a policy that the steps name: `spec.ingress[0].from[1]`. */
function placesIn(policy: KubernetesObject, steps: Step[]): string[] {
  const title = objectTitle(policy);
  return steps.flatMap(({ because }) =>
    because.flatMap((line) => {
      const [, place] = line.startsWith(`${title} `)
        ? (/^(specs?[^:\s]*):/.exec(line.slice(title.length + 1)) ?? [])
        : [];
      return place ?? [];
    }),
  );
}

function replaced(object: KubernetesObject, text: string): Edit {
  const title = `${groupKind(object)} ${objectTitle(object)}`;
  return {
    text,
    object,
    apply: (objects) =>
      objects.map((one) => (`${groupKind(one)} ${objectTitle(one)}` === title ? object : one)),
  };
}

/** A rule that denies: without it. */
function denyingRule(policy: KubernetesObject, steps: Step[]): Edit[] {
  return placesIn(policy, steps).flatMap((place) => {
    const rule = /^(specs?(?:\[\d+\])?\.\w+\[\d+\])/.exec(place)?.[1];
    if (!rule) return [];
    const isDeny =
      /(?:Deny\[\d+\]|rules\[\d+\])$/.test(rule) ||
      /ClusterNetworkPolicy|AdminNetworkPolicy/.test(policy.kind);
    return isDeny ? [without(policy, rule)] : [];
  });
}

/** A rule that allows: without the peer that matches, or without the rule. */
function allowingRules(policy: KubernetesObject, steps: Step[]): Edit[] {
  return placesIn(policy, steps).flatMap((place) => {
    const peer = /^(specs?(?:\[\d+\])?\.\w+\[\d+\]\.\w+\[\d+\])/.exec(place)?.[1];
    const rule = /^(specs?(?:\[\d+\])?\.\w+\[\d+\])/.exec(place)?.[1];
    return [peer, rule].flatMap((one) => (one ? [without(policy, one)] : []));
  });
}

/** The object without the item at a place; a list that would be left empty (which means everyone) goes with its rule. */
function without(policy: KubernetesObject, place: string): Edit {
  const copy = structuredClone(policy);
  const path = place.split(/[.[\]]+/).filter((part) => part !== "");
  const last = Number(path.pop());
  // biome-ignore lint/suspicious/noExplicitAny: a place in an object of any kind
  const list = path.reduce<any>((node, key) => node?.[key], copy);
  if (!Array.isArray(list)) return replaced(copy, `remove ${place} of ${objectTitle(policy)}`);
  if (list.length === 1 && /\.(?:from|to)\w*\[\d+\]$/.test(place)) {
    return without(policy, place.replace(/\.\w+\[\d+\]$/, ""));
  }
  list.splice(last, 1);
  return replaced(copy, `remove ${place} of ${objectTitle(policy)}`);
}

/** A policy that isolates one of the ends: with one rule more. */
function addedRules(policy: KubernetesObject, question: Question, analysis: Analysis): Edit[] {
  const { from, to, port, protocol } = question;
  const { cluster } = analysis;
  const namespace = policy.metadata.namespace ?? "";
  const kind = groupKind(policy);
  const source = from.kind === "workload" ? from.workload : undefined;
  const destination = to.kind === "workload" ? to.workload : undefined;
  const ports = [{ protocol, port }];
  const add = (field: string, rule: object, what: string): Edit => {
    const copy = structuredClone(policy);
    copy.spec = { ...copy.spec, [field]: [...(copy.spec?.[field] ?? []), rule] };
    return replaced(copy, `add to ${objectTitle(policy)} the ${field} rule that lets ${what}`);
  };
  const [fromText, toText] = [source?.id ?? from.title, destination?.id ?? to.title];
  const through = `${protocol} ${port}`;
  if (kind === "networking.k8s.io/NetworkPolicy") {
    const outside = { ipBlock: { cidr: "0.0.0.0/0" } };
    const peer = (workload: Workload | undefined) =>
      workload ? peerFor(workload, namespace, cluster) : outside;
    return [
      add("ingress", { from: [peer(source)], ports }, `${through} in from ${fromText}`),
      add("egress", { to: [peer(destination)], ports }, `${through} out to ${toText}`),
      add("egress", dnsRule, "DNS out"),
    ];
  }
  if (kind.startsWith("cilium.io/")) {
    const toPorts = [{ ports: [{ port: String(port), protocol }] }];
    const endpoint = (workload: Workload) => ({
      matchLabels: {
        "k8s:io.kubernetes.pod.namespace": workload.namespace,
        ...prefixed(labelsOf(workload, cluster)),
      },
    });
    const dns = {
      toEndpoints: [
        {
          matchLabels: {
            "k8s:io.kubernetes.pod.namespace": "kube-system",
            "k8s:k8s-app": "kube-dns",
          },
        },
      ],
      toPorts: [{ ports: [{ port: "53", protocol: "ANY" }] }],
    };
    const peers = (workload: Workload | undefined, side: "from" | "to") =>
      workload
        ? { [`${side}Endpoints`]: [endpoint(workload)] }
        : { [`${side}Entities`]: ["world"] };
    return [
      add("ingress", { ...peers(source, "from"), toPorts }, `${through} in from ${fromText}`),
      add("egress", { ...peers(destination, "to"), toPorts }, `${through} out to ${toText}`),
      add("egress", dns, "DNS out"),
    ];
  }
  const domain = cluster.platform.settings.mesh?.trustDomain;
  if (kind === "security.istio.io/AuthorizationPolicy" && source && domain) {
    const principal = `${domain}/ns/${source.namespace}/sa/${source.pod.serviceAccount}`;
    const rule = {
      from: [{ source: { principals: [principal] } }],
      to: [{ operation: { ports: [String(port)] } }],
    };
    return [add("rules", rule, `port ${port} in from ${principal}`)];
  }
  return [];
}

function prefixed(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`k8s:${key}`, value]));
}

/** Strict mTLS: permissive for that port, where the policy has a selector, else as a whole. */
function permissive(policy: KubernetesObject, { port }: Question): Edit[] {
  if (groupKind(policy) !== "security.istio.io/PeerAuthentication") return [];
  const copy = structuredClone(policy);
  const mode = "PERMISSIVE";
  if (copy.spec?.selector?.matchLabels) {
    copy.spec.portLevelMtls = { ...copy.spec.portLevelMtls, [port]: { mode } };
    return [
      replaced(
        copy,
        `let ${objectTitle(policy)} take plaintext on port ${port} (or give the client a sidecar)`,
      ),
    ];
  }
  copy.spec = { ...copy.spec, mtls: { mode } };
  return [
    replaced(copy, `let ${objectTitle(policy)} take plaintext (or give the client a sidecar)`),
  ];
}

/** A new policy around one end, which keeps what is needed but for this connection. */
function isolate(question: Question, workload: Workload, analysis: Analysis): Edit {
  const { from, to } = question;
  const [source, destination] = [from, to].map((end) =>
    end.kind === "workload" ? end.workload.id : end.title,
  );
  const kept = analysis.needed.filter(
    (flow) =>
      !(
        flow.from === source &&
        (flow.to.kind === "workload"
          ? flow.to.workload.id
          : "name" in flow.to
            ? flow.to.name
            : "") === destination
      ),
  );
  const object = policyFor(workload, analysis.cluster, kept);
  const side = to.kind === "workload" ? "Ingress" : "Egress";
  const { ingress, egress, ...spec } = object.spec;
  const own = {
    ...object,
    spec: { ...spec, policyTypes: [side], ...(side === "Ingress" ? { ingress } : { egress }) },
  };
  return {
    text: `add ${objectTitle(own)}, which lets ${side === "Ingress" ? "in" : "out"} at ${workload.id} what else is needed, and nothing more`,
    object: own,
    apply: (objects) => [...objects, own],
  };
}

/**
 * `toServices` of Cilium's policies. Rules as in Cilium 1.20's documentation ("Services based") and its source
 * (pkg/policy/k8s/service.go): a Service with a selector stands for the pods that it selects, one without
 * for the addresses of its endpoints, which like all rules by address never match a pod.
 */

import type { Checker, Fields } from "../resources/checker.ts";
import { parseBlockOrAddress } from "./address.ts";
import { compileCidr } from "./cilium-cidr.ts";
import { sourceAndKey } from "./cilium-selector.ts";
import {
  checkSelector,
  compileSelectorFor,
  type LabelReader,
  type LabelSelector,
  readLabel,
} from "./labels.ts";
import type { Service } from "./model.ts";
import { nobody } from "./party-test.ts";
import { hasSelector, podsBehind } from "./services.ts";
import type { RulePeer } from "./traffic-policy.ts";

/** An empty namespace means any. Where both are given, the selector counts. */
export interface ServicePeerSpec {
  k8sService?: { serviceName?: string | null; namespace?: string | null } | null;
  k8sServiceSelector?: { selector: LabelSelector; namespace?: string | null } | null;
}

type Peer = Omit<RulePeer, "place">;

/** The peers that the Services chosen by one item stand for; none: nobody. */
export function compileServicePeer(spec: ServicePeerSpec, services: Service[]): Peer[] {
  const peers = services.filter(chosenBy(spec)).flatMap(peersBehind);
  return [...peers, { test: nobody, nearly: missing(spec, services) }];
}

function chosenBy({ k8sService, k8sServiceSelector }: ServicePeerSpec): (of: Service) => boolean {
  if (k8sServiceSelector) {
    const { selector, namespace } = k8sServiceSelector;
    const matches = compileSelectorFor(selector, readAnySource);
    return (service) => (!namespace || namespace === service.namespace) && matches(service.labels);
  }
  if (!k8sService) return () => false;
  const { serviceName, namespace } = k8sService;
  return (service) =>
    service.name === serviceName && (!namespace || namespace === service.namespace);
}

/** The labels of a Service have no source; one that the selector gives is passed over. */
const readAnySource: LabelReader<Record<string, string>> = (labels, key) =>
  readLabel(labels, sourceAndKey(key)[1]);

function peersBehind(service: Service): Peer[] {
  if (hasSelector(service)) return [{ test: podsBehind(service) }];
  return (service.endpoints ?? []).map((address) => compileCidr(parseBlockOrAddress(address), []));
}

/** For a Service named outright: why a pod that one would expect behind it isn't. */
function missing({ k8sService, k8sServiceSelector }: ServicePeerSpec, services: Service[]) {
  if (!k8sService?.namespace || k8sServiceSelector) return undefined;
  const { serviceName, namespace } = k8sService;
  const alike = services.filter(({ name }) => name === serviceName);
  const exists = alike.some((service) => service.namespace === namespace);
  return ((party) => {
    const other = alike.find(
      (service) =>
        service.namespace !== namespace &&
        hasSelector(service) &&
        podsBehind(service).matches(party),
    );
    const name = `Service ${namespace}/${serviceName}`;
    if (other) {
      return `names ${name}, but the one that selects it is ${other.namespace}/${serviceName}`;
    }
    return !exists && party.kind === "pod" && party.pod.namespace === namespace
      ? `names ${name}, which isn't there`
      : undefined;
  }) satisfies RulePeer["nearly"];
}

/** Checks one of `toServices`. */
export function checkServicePeer(check: Checker, item: Fields, place: string): void {
  const named = check.fields(item.k8sService, `${place}.k8sService`) ?? {};
  check.text(named.serviceName, `${place}.k8sService.serviceName`);
  check.text(named.namespace, `${place}.k8sService.namespace`);
  const at = `${place}.k8sServiceSelector`;
  const chosen = check.fields(item.k8sServiceSelector, at);
  if (!chosen) return;
  check.text(chosen.namespace, `${at}.namespace`);
  if (!check.fields(chosen.selector, `${at}.selector`)) {
    check.report(`${at}.selector`, "is missing; give labels, {} for every Service");
  }
  checkSelector(check, chosen.selector, `${at}.selector`, (key) => sourceAndKey(key)[1]);
}

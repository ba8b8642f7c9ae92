import * as k8s from "@pulumi/kubernetes";
import { Items } from "../../apps/items/items.ts";
import { APP, HOST, NAMESPACES, SERVICES } from "../../apps/items/names.ts";
import { type ItemsSettings, itemsSettings } from "../../apps/items/settings.ts";
import { CoreDnsRule } from "../../components/dns/coredns-rule.ts";
import { noSuchNames } from "../../micromesh/resources/corefile/rule.ts";
import { defineLab } from "../define-lab.ts";
import { probesOf } from "./probes.ts";
import { type Change, COREDNS, type ScenarioName, scenarios } from "./scenarios.ts";

/** Until a kubelet has brought the file to CoreDNS, and CoreDNS has looked: 90 s, and 30 s with some jitter. */
const COREDNS_SECONDS = 150;

/** The items lab: eight ways in which an API and its PostgreSQL can be cut off, and how to see it. */
export const items = defineLab<ScenarioName, Change, ItemsSettings>({
  name: "items",
  title: "What is cut off, and how do you see it?",
  scenarios,
  settings: itemsSettings,

  declare({ name, platform, images, settings, change }, options) {
    const { api, client, policies = [], missingNames } = change;
    const app = new Items(name, { images, settings, api, client }, options);
    const labels = { "app.kubernetes.io/part-of": APP };
    for (const { name: policy, namespace, spec } of policies) {
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${policy}`,
        { metadata: { name: policy, namespace: app.namespaces[namespace], labels }, spec },
        { ...options, deleteBeforeReplace: true },
      );
    }
    if (missingNames) {
      const { cluster } = platform;
      new CoreDnsRule(`${name}-dns`, { cluster, rule: noSuchNames(missingNames) }, options);
    }
  },

  probes: ({ scenario }) => probesOf(scenario),

  settleSeconds: (scenario) =>
    scenarios[scenario].changes.some((object) => object === COREDNS) ? COREDNS_SECONDS : undefined,

  endpoints: ({ cluster }) => ({
    [HOST]: {
      via: cluster.loadBalancersOutside ? "load-balancer" : "service",
      namespace: NAMESPACES.items,
      service: "api",
      port: SERVICES.api.port,
    },
  }),
});

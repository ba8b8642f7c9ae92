import { PORTS } from "../../apps/router/names.ts";
import { Router } from "../../apps/router/router.ts";
import { type RouterSettings, routerSettings } from "../../apps/router/settings.ts";
import { defineLab } from "../define-lab.ts";
import { wayIn } from "../way-in.ts";
import { probesOf } from "./probes.ts";
import { type Change, type ScenarioName, scenarios, settingsFor } from "./scenarios.ts";

/**
 * Until a kubelet has brought changed files to its pods: it looks once in 60 to 90 s
 * (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically).
 */
const KUBELET_SYNC_SECONDS = 120;

/** The router lab: one router before three services, and what it makes of their failures. */
export const router = defineLab<ScenarioName, Change, RouterSettings>({
  name: "router",
  title: "What does a router make of failures?",
  scenarios,
  settings: routerSettings,
  settingsFor,

  declare({ name, platform, images, settings }, options) {
    const { className, ready } = platform.ingress;
    const ingress = className === undefined ? undefined : { className, ready };
    new Router(name, { image: images.node, settings, ingress }, options);
  },

  probes: ({ scenario, settings }) => probesOf(scenario, settings),

  endpoints: (platform, { host, namespace }) => ({
    [host]: wayIn(platform, { namespace, service: "router", port: PORTS.router }),
  }),

  settleSeconds: () => KUBELET_SYNC_SECONDS,
});

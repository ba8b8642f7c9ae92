import { HOST, NAMESPACE, PORTS, REGISTRY_HOST } from "../../apps/shop/names.ts";
import { type ShopSettings, shopSettings } from "../../apps/shop/settings.ts";
import { Shop } from "../../apps/shop/shop.ts";
import { defineLab } from "../define-lab.ts";
import { wayIn } from "../way-in.ts";
import { probesOf } from "./probes.ts";
import { type Change, type ScenarioName, scenarios, settingsFor } from "./scenarios.ts";

/** The shop lab: a mesh at application level, and what it does when things go wrong. */
export const shop = defineLab<ScenarioName, Change, ShopSettings>({
  name: "shop",
  title: "What does a mesh do for a shop?",
  scenarios,
  settings: shopSettings,
  settingsFor,

  declare({ name, platform, images, settings, change }, options) {
    const { className, ready } = platform.ingress;
    const ingress = className === undefined ? undefined : { className, ready };
    new Shop(name, { images, settings, faults: change.faults, ingress }, options);
  },

  probes: ({ scenario, settings }) => probesOf(scenario, settings),

  endpoints: (platform) => ({
    [HOST]: wayIn(platform, { namespace: NAMESPACE, service: "gateway", port: PORTS.gateway }),
    [REGISTRY_HOST]: {
      via: "service",
      namespace: NAMESPACE,
      service: "registry",
      port: PORTS.registry,
    },
  }),
});

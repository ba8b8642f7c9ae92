import * as pulumi from "@pulumi/pulumi";
import { HOST, NAMESPACE, PORTS, REGISTRY_HOST } from "../../apps/shop/names.ts";
import { type ShopSettings, shopSettings } from "../../apps/shop/settings.ts";
import { Shop } from "../../apps/shop/shop.ts";
import { lab } from "../../stacks/outputs.ts";
import type { Platform } from "../../stacks/platform.ts";
import type { LabModule, LabSettings } from "../lab.ts";
import { wayIn } from "../way-in.ts";
import { probesOf } from "./probes.ts";
import { type ScenarioName, scenarioNames, scenarios, settingsFor } from "./scenarios.ts";

/** The shop lab: a mesh at application level, and what it does when things go wrong. */
export const shop: LabModule<ShopSettings> = {
  title: "What does a mesh do for a shop?",
  scenarios: [...scenarioNames],
  settings: shopSettings,
  deploy(platform, settings) {
    const scenario = (settings.scenario ?? scenarioNames[0]) as ScenarioName;
    const own = settingsFor(scenario, settings.own);
    new ShopLab("shop", { platform, scenario, settings: { ...settings, own } }, platform.options);
    const { title, teaches } = scenarios[scenario];
    return {
      lab: lab.parse({
        title,
        scenario,
        teaches,
        scenarios: Object.fromEntries(
          Object.entries(scenarios).map(([name, { title, teaches }]) => [name, { title, teaches }]),
        ),
        probes: probesOf(scenario, own),
      }),
      endpoints: {
        [HOST]: wayIn(platform, { namespace: NAMESPACE, service: "gateway", port: PORTS.gateway }),
        [REGISTRY_HOST]: {
          via: "service",
          namespace: NAMESPACE,
          service: "registry",
          port: PORTS.registry,
        },
      },
    };
  },
};

interface ShopLabArgs {
  platform: Platform;
  scenario: ScenarioName;
  /** As the scenario has changed them. */
  settings: LabSettings<ShopSettings>;
}

/** The shop as the scenario wants it. */
class ShopLab extends pulumi.ComponentResource {
  constructor(name: string, args: ShopLabArgs, opts: pulumi.ComponentResourceOptions) {
    super("micromesh:labs:ShopLab", name, { scenario: args.scenario }, opts);
    const { platform, scenario, settings } = args;
    const { className, ready } = platform.ingress;
    new Shop(
      name,
      {
        images: settings.images,
        settings: settings.own,
        faults: scenarios[scenario].faults,
        ingress: className === undefined ? undefined : { className, ready },
      },
      { parent: this, deletedWith: opts.deletedWith },
    );
    this.registerOutputs();
  }
}

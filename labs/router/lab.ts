import * as pulumi from "@pulumi/pulumi";
import { PORTS } from "../../apps/router/names.ts";
import { Router } from "../../apps/router/router.ts";
import { type RouterSettings, routerSettings } from "../../apps/router/settings.ts";
import { lab } from "../../stacks/outputs.ts";
import type { Platform } from "../../stacks/platform.ts";
import type { LabModule } from "../lab.ts";
import { wayIn } from "../way-in.ts";
import { probesOf } from "./probes.ts";
import { type ScenarioName, scenarioNames, scenarios, settingsFor } from "./scenarios.ts";

/**
 * Until a kubelet has brought changed files to its pods: it looks once in 60 to 90 s
 * (https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically).
 */
const KUBELET_SYNC_SECONDS = 120;

/** The router lab: one router before three services, and what it makes of their failures. */
export const router: LabModule<RouterSettings> = {
  title: "What does a router make of failures?",
  scenarios: [...scenarioNames],
  settings: routerSettings,
  deploy(platform, { scenario: chosen, images, own }) {
    const scenario = (chosen ?? scenarioNames[0]) as ScenarioName;
    const settings = settingsFor(scenario, own);
    new RouterLab("router", { platform, scenario, image: images.node, settings }, platform.options);
    const { title, teaches } = scenarios[scenario];
    return {
      lab: lab.parse({
        title,
        scenario,
        teaches,
        scenarios: Object.fromEntries(
          Object.entries(scenarios).map(([name, { title, teaches }]) => [name, { title, teaches }]),
        ),
        probes: probesOf(scenario, settings),
        settleSeconds: KUBELET_SYNC_SECONDS,
      }),
      endpoints: {
        [settings.host]: wayIn(platform, {
          namespace: settings.namespace,
          service: "router",
          port: PORTS.router,
        }),
      },
    };
  },
};

interface RouterLabArgs {
  platform: Platform;
  scenario: ScenarioName;
  image: string;
  /** As the scenario has changed them. */
  settings: RouterSettings;
}

/** The router and its services as the scenario wants them. */
class RouterLab extends pulumi.ComponentResource {
  constructor(name: string, args: RouterLabArgs, opts: pulumi.ComponentResourceOptions) {
    super("micromesh:labs:RouterLab", name, { scenario: args.scenario }, opts);
    const { platform, image, settings } = args;
    const { className, ready } = platform.ingress;
    new Router(
      name,
      { image, settings, ingress: className === undefined ? undefined : { className, ready } },
      { parent: this, deletedWith: opts.deletedWith },
    );
    this.registerOutputs();
  }
}

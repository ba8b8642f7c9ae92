import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Counter } from "../../apps/counter/counter.ts";
import { APP, HOST, NAMESPACES, SERVICES } from "../../apps/counter/names.ts";
import { lab } from "../../stacks/outputs.ts";
import type { Platform } from "../../stacks/platform.ts";
import type { LabModule, LabSettings } from "../lab.ts";
import { wayIn } from "../way-in.ts";
import { NEXT_APP } from "./names.ts";
import { policiesOf } from "./policies.ts";
import { probesOf } from "./probes.ts";
import { type ScenarioName, scenarioNames, scenarios, unmetNeed } from "./scenarios.ts";

/** The counter lab: do you need a service mesh to keep all but one client from a database? */
export const counter: LabModule = {
  title: "Do you need a service mesh?",
  scenarios: [...scenarioNames],
  deploy(platform, settings) {
    const scenario = (settings.scenario ?? scenarioNames[0]) as ScenarioName;
    const unmet = unmetNeed(scenario, platform);
    if (unmet) pulumi.log.warn(unmet);
    new CounterLab("counter", { platform, scenario, images: settings.images }, platform.options);
    return {
      lab: lab.parse({
        title: scenarios[scenario].title,
        scenario,
        teaches: scenarios[scenario].teaches,
        scenarios: Object.fromEntries(
          Object.entries(scenarios).map(([name, { title, teaches }]) => [name, { title, teaches }]),
        ),
        probes: probesOf(scenario, platform.ingress.workload),
      }),
      endpoints: {
        [HOST]: wayIn(platform, {
          namespace: NAMESPACES.apache,
          service: "apache",
          port: SERVICES.apache.port,
        }),
      },
    };
  },
};

interface CounterLabArgs {
  platform: Platform;
  scenario: ScenarioName;
  images: LabSettings["images"];
}

/** The app, and the scenario's rules for it. */
class CounterLab extends pulumi.ComponentResource {
  constructor(name: string, args: CounterLabArgs, opts: pulumi.ComponentResourceOptions) {
    super("micromesh:labs:CounterLab", name, { scenario: args.scenario }, opts);
    const { mesh, ingress } = args.platform;
    const { meshed } = scenarios[args.scenario];
    const { className, ready } = ingress;
    const app = new Counter(
      name,
      {
        images: args.images,
        meshed,
        meshReady: mesh.ready,
        ingress: className === undefined ? undefined : { className, ready },
      },
      { parent: this, deletedWith: opts.deletedWith },
    );
    const named = { parent: this, deletedWith: opts.deletedWith, deleteBeforeReplace: true };
    const labels = { "app.kubernetes.io/part-of": APP };

    new k8s.core.v1.Service(
      `${name}-${NEXT_APP}`,
      {
        metadata: {
          name: NEXT_APP,
          namespace: app.namespaces.app,
          labels,
          // It has no endpoints, which Pulumi would wait for.
          annotations: { "pulumi.com/skipAwait": "true" },
        },
        spec: {
          selector: { "app.kubernetes.io/name": "counter-next" },
          ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: "http" }],
        },
      },
      named,
    );
    for (const { apiVersion, kind, name: policy, spec } of policiesOf(args.scenario)) {
      new k8s.apiextensions.CustomResource(
        `${name}-${kind.toLowerCase()}`,
        {
          apiVersion,
          kind,
          metadata: { name: policy, namespace: app.namespaces.redis, labels },
          spec,
        },
        // A mesh's rule comes after the pods: it would cut off those that have no sidecar yet.
        { ...named, dependsOn: meshed ? [app, ...mesh.ready] : [] },
      );
    }
    this.registerOutputs();
  }
}

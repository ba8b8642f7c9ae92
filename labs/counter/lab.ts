import * as k8s from "@pulumi/kubernetes";
import { Counter } from "../../apps/counter/counter.ts";
import { APP, HOST, NAMESPACES, SERVICES } from "../../apps/counter/names.ts";
import { defineLab } from "../define-lab.ts";
import { wayIn } from "../way-in.ts";
import { NEXT_APP } from "./names.ts";
import { probesOf } from "./probes.ts";
import { type Change, type ScenarioName, scenarios } from "./scenarios.ts";

/** The counter lab: do you need a service mesh to keep all but one client from a database? */
export const counter = defineLab<ScenarioName, Change>({
  name: "counter",
  title: "Do you need a service mesh?",
  scenarios,

  declare({ name, platform, images, change }, options) {
    const { mesh, ingress } = platform;
    const { meshed, policies } = change;
    const { className, ready } = ingress;
    const app = new Counter(
      name,
      {
        images,
        meshed,
        meshReady: mesh.ready,
        ingress: className === undefined ? undefined : { className, ready },
      },
      options,
    );
    const named = { ...options, deleteBeforeReplace: true };
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
    for (const { apiVersion, kind, name: policy, spec } of policies) {
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
  },

  probes: ({ platform, scenario }) => probesOf(scenario, platform.ingress.workload),

  endpoints: (platform) => ({
    [HOST]: wayIn(platform, {
      namespace: NAMESPACES.apache,
      service: "apache",
      port: SERVICES.apache.port,
    }),
  }),
});

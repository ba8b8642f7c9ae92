import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NodeWorkload } from "../../components/workloads/node-workload.ts";
import { Workload } from "../../components/workloads/workload.ts";
import { APP, NAMESPACE, PORTS } from "./names.ts";
import { type ShopSettings, servicesIn } from "./settings.ts";
import { type Faults, gateway, registry, service, store } from "./workloads.ts";

export interface ShopArgs {
  /** Image references with a version. */
  images: { node: string; redis: string };
  settings: ShopSettings;
  /** What versions of the catalog do wrong on purpose; default: nothing. */
  faults?: Record<string, Faults>;
  /** The way in, for hosts that nobody else answers to; undefined: none is declared. */
  ingress?: { className: string; ready: pulumi.Resource[] };
}

/**
 * The shop: a mesh at application level. A gateway leads to catalog, cart and order, whose replicas it
 * finds in the registry; carts and orders are kept in the store. Where users must show who they are, auth tells.
 */
export class Shop extends pulumi.ComponentResource {
  constructor(name: string, args: ShopArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:apps:Shop", name, {}, opts);
    const { images, settings, faults, ingress } = args;
    const child = { parent: this, deletedWith: opts.deletedWith };
    const named = { ...child, deleteBeforeReplace: true };
    const labels = { "app.kubernetes.io/part-of": APP };
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: NAMESPACE, labels } },
      named,
    ).metadata.name;

    const common = { partOf: APP, namespace };
    const node = { ...common, image: images.node };
    new Workload("store", { ...common, ...store(), image: images.redis }, child);
    new NodeWorkload("registry", { ...node, ...registry(settings) }, child);
    const front = new NodeWorkload("gateway", { ...node, ...gateway(settings) }, child);
    for (const { name: each, replicas, versions } of servicesIn(settings)) {
      for (const version of Object.keys(versions)) {
        const own = service(each, version, {
          replicas,
          faults: faults?.[version],
          auth: settings.auth,
        });
        new NodeWorkload(`${each}-${version}`, { ...node, ...own }, child);
      }
    }
    if (ingress) {
      const backend = {
        service: { name: front.workload.service.metadata.name, port: { number: PORTS.gateway } },
      };
      new k8s.networking.v1.Ingress(
        `${name}-ingress`,
        {
          metadata: {
            name: APP,
            namespace,
            labels,
            // A controller behind a NodePort never reports an address, which Pulumi would wait for.
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: {
            ingressClassName: ingress.className,
            rules: [{ http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
          },
        },
        { ...named, dependsOn: ingress.ready },
      );
    }
    this.registerOutputs();
  }
}

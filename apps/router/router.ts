import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NodeWorkload } from "../../components/workloads/node-workload.ts";
import { APP, PORTS, SERVICE_NAMES } from "./names.ts";
import type { RouterSettings } from "./settings.ts";
import { router, service, traces } from "./workloads.ts";

export interface RouterArgs {
  /** Reference of the image `node`, with its version. */
  image: string;
  settings: RouterSettings;
  /** The way in for the settings' host; undefined: none is declared. */
  ingress?: { className: string; ready: pulumi.Resource[] };
}

/**
 * A central router before the services A, B and C, each of which can be told to respond, to be late or to
 * fail, and a store of traces, unless these go elsewhere.
 */
export class Router extends pulumi.ComponentResource {
  constructor(name: string, args: RouterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:apps:Router", name, {}, opts);
    const { image, settings, ingress } = args;
    const child = { parent: this, deletedWith: opts.deletedWith };
    const named = { ...child, deleteBeforeReplace: true };
    const labels = { "app.kubernetes.io/part-of": APP };
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      {
        metadata: {
          name: settings.namespace,
          labels: { ...labels, "micromesh/environment": settings.environment },
        },
      },
      named,
    ).metadata.name;

    const common = { partOf: APP, namespace, image: versioned(image, settings.image_version) };
    const front = new NodeWorkload("router", { ...common, ...router(settings) }, child);
    for (const each of SERVICE_NAMES) {
      new NodeWorkload(each, { ...common, ...service(each, settings) }, child);
    }
    if (settings.tracing.endpoint === undefined) {
      new NodeWorkload("traces", { ...common, ...traces(settings) }, child);
    }
    if (ingress) {
      const backend = {
        service: { name: front.workload.service.metadata.name, port: { number: PORTS.router } },
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
            rules: [
              {
                host: settings.host,
                http: { paths: [{ path: "/", pathType: "Prefix", backend }] },
              },
            ],
          },
        },
        { ...named, dependsOn: ingress.ready },
      );
    }
    this.registerOutputs();
  }
}

/** The image in another version. A port in the registry's name isn't a tag. */
function versioned(image: string, version: string | undefined): string {
  return version === undefined ? image : image.replace(/:[^:/]+$/, `:${version}`);
}

import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NodeWorkload } from "../../components/workloads/node-workload.ts";
import { Workload } from "../../components/workloads/workload.ts";
import { APP, HOST, NAMESPACES } from "./names.ts";
import { apache, counterApp, redis, redisHttp } from "./workloads.ts";

export interface CounterArgs {
  /** Image references with a version. */
  images: { node: string; httpd: string; redis: string };
  /** All pods get a sidecar. */
  meshed: boolean;
  /** What meshed pods must wait for. */
  meshReady: pulumi.Resource[];
  /** The way in for {@link HOST}; undefined: none is declared. */
  ingress?: { className: string; ready: pulumi.Resource[] };
}

/**
 * The counter: Apache, the app, Redis and an HTTP front for Redis, in three namespaces, and the
 * Ingress that leads to Apache.
 */
export class Counter extends pulumi.ComponentResource {
  /** The namespaces' names; who uses them waits for the namespaces. */
  readonly namespaces: Record<keyof typeof NAMESPACES, pulumi.Output<string>>;

  constructor(name: string, args: CounterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("micromesh:apps:Counter", name, {}, opts);
    const child = { parent: this, deletedWith: opts.deletedWith };
    const named = { ...child, deleteBeforeReplace: true };
    const labels = { "app.kubernetes.io/part-of": APP };

    const namespace = (key: keyof typeof NAMESPACES) =>
      new k8s.core.v1.Namespace(
        `${name}-${key}`,
        { metadata: { name: NAMESPACES[key], labels } },
        named,
      ).metadata.name;
    this.namespaces = {
      apache: namespace("apache"),
      app: namespace("app"),
      redis: namespace("redis"),
    };

    const common = { partOf: APP, meshed: args.meshed };
    const pods = { ...child, dependsOn: args.meshed ? args.meshReady : [] };
    const { namespaces } = this;
    const { images } = args;
    new Workload(
      "redis",
      { ...common, ...redis(), namespace: namespaces.redis, image: images.redis },
      pods,
    );
    new NodeWorkload(
      "redis-http",
      { ...common, ...redisHttp(), namespace: namespaces.redis, image: images.node },
      pods,
    );
    new NodeWorkload(
      "counter",
      { ...common, ...counterApp(), namespace: namespaces.app, image: images.node },
      pods,
    );
    const front = new Workload(
      "apache",
      { ...common, ...apache(), namespace: namespaces.apache, image: images.httpd },
      pods,
    );

    if (args.ingress) {
      new k8s.networking.v1.Ingress(
        `${name}-ingress`,
        {
          metadata: {
            name: APP,
            namespace: namespaces.apache,
            labels,
            // A controller behind a NodePort never reports an address, which Pulumi would wait for.
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: {
            ingressClassName: args.ingress.className,
            rules: [
              {
                host: HOST,
                http: {
                  paths: [
                    {
                      path: "/",
                      pathType: "Prefix",
                      backend: {
                        service: { name: front.service.metadata.name, port: { name: "http" } },
                      },
                    },
                  ],
                },
              },
            ],
          },
        },
        { ...named, dependsOn: args.ingress.ready },
      );
    }
    this.registerOutputs();
  }
}

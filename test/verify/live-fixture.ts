/** What the tests on a real cluster look at: namespaces, workloads, Services and a policy. */
import { readFileSync } from "node:fs";
import {
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  type V1Pod,
} from "@kubernetes/client-node";

/** Answers HTTP on 8080, resets on 8081, closes on 8082, says nothing on 8083, pongs on 8084. */
const serverSource = `
const net = require("node:net");
require("node:http").createServer((q, s) => s.end(q.method + " " + q.headers.host + q.url)).listen(8080);
net.createServer((s) => s.resetAndDestroy()).listen(8081);
net.createServer((s) => s.resume().end()).listen(8082);
net.createServer((s) => s.on("error", () => {})).listen(8083);
net.createServer((s) => s.on("data", () => s.write("+PONG\\r\\n"))).listen(8084);
process.on("SIGTERM", () => process.exit());
`;
const idle = 'process.on("SIGTERM", () => process.exit()); setInterval(() => {}, 1e6)';

export class Fixture {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly core: CoreV1Api;
  readonly #objects: KubernetesObjectApi;

  constructor(kubeconfigFile: string) {
    this.kubeconfig = readFileSync(kubeconfigFile, "utf8");
    this.namespace = `vt-${process.pid.toString(36)}`;
    const config = new KubeConfig();
    config.loadFromString(this.kubeconfig);
    this.core = config.makeApiClient(CoreV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(config);
  }

  async up(): Promise<void> {
    const { namespace } = this;
    for (const object of [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      this.#pod("client", "node:20", ["node", "-e", idle]),
      // The tool that the older label is for, and a pod that has no Node.
      this.#pod("plain", "busybox:1.36", ["sh", "-c", "trap exit TERM; sleep 3600 & wait"], "app"),
      this.#pod("server", "node:20", ["node", "-e", serverSource]),
      this.#pod("walled", "node:20", ["node", "-e", serverSource]),
      this.#service("server", "server"),
      this.#service("walled", "walled"),
      this.#service("nobody", "nobody"),
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "walled", namespace },
        spec: {
          podSelector: { matchLabels: { "app.kubernetes.io/name": "walled" } },
          policyTypes: ["Ingress"],
        },
      },
    ] as KubernetesObject[])
      await this.#objects.create(object);
    while (!(await this.#allReady())) await new Promise((next) => setTimeout(next, 500));
  }

  async down(): Promise<void> {
    await this.core.deleteNamespace({ name: this.namespace });
  }

  async pod(name: string): Promise<V1Pod> {
    return this.core.readNamespacedPod({ namespace: this.namespace, name });
  }

  async addPod(name: string, image: string, command: string[]): Promise<void> {
    await this.#objects.create(this.#pod(name, image, command) as KubernetesObject);
    while (!(await this.#allReady())) await new Promise((next) => setTimeout(next, 500));
  }

  async #allReady(): Promise<boolean> {
    const { items } = await this.core.listNamespacedPod({ namespace: this.namespace });
    return items.every((pod) =>
      pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
    );
  }

  #pod(name: string, image: string, command: string[], label = "app.kubernetes.io/name") {
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: this.namespace, labels: { [label]: name } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 2,
        containers: [
          {
            name: "main",
            image,
            imagePullPolicy: "IfNotPresent",
            command,
            ports: [{ name: "web", containerPort: 8080 }],
          },
        ],
      },
    };
  }

  #service(name: string, of: string) {
    const ports = [8081, 8082, 8083, 8084, 8085].map((port) => ({ name: `p${port}`, port }));
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: this.namespace },
      spec: {
        selector: { "app.kubernetes.io/name": of },
        ports: [{ name: "http", port: 80, targetPort: "web" }, ...ports],
      },
    };
  }
}

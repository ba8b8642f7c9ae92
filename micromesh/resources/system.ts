import type { KubernetesObject } from "./declared.ts";
import type { DeclaredPlatform } from "./platform.ts";

/** The port that an ingress controller's pods listen on, and its Service's port for plain HTTP. */
export const INGRESS_POD_PORT = 8000;

/** Objects that the program doesn't declare one by one: the cluster's own, and what charts bring. */
export function systemObjects(platform: DeclaredPlatform): KubernetesObject[] {
  return [
    service("default", "kubernetes", {}, [{ name: "https", port: 443, targetPort: 6443 }]),
    service("kube-system", "kube-dns", { "k8s-app": "kube-dns" }, [
      { name: "dns", port: 53, protocol: "UDP" },
      { name: "dns-tcp", port: 53, protocol: "TCP" },
    ]),
    ...(platform.ingress ? ingressController(platform.ingress) : []),
  ];
}

function ingressController({
  namespace,
  name,
  className,
  isDefaultClass,
}: NonNullable<DeclaredPlatform["ingress"]>): KubernetesObject[] {
  const labels = {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/instance": `${name}-${namespace}`,
  };
  const container = {
    name,
    image: "traefik",
    args: [
      `--port=${INGRESS_POD_PORT}`,
      `--ingress-class=${className}`,
      ...(isDefaultClass ? ["--is-default"] : []),
    ],
    ports: [{ name: "web", containerPort: INGRESS_POD_PORT }],
    readinessProbe: { tcpSocket: { port: "web" }, periodSeconds: 1 },
  };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    service(namespace, name, labels, [{ name: "web", port: 80, targetPort: "web" }]),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { namespace, name },
      spec: {
        replicas: 1,
        template: {
          metadata: { labels },
          spec: { serviceAccountName: name, containers: [container] },
        },
      },
    },
  ];
}

function service(
  namespace: string,
  name: string,
  selector: Record<string, string>,
  ports: object[],
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: { selector, ports },
  };
}

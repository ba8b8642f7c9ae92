import type { KubernetesObject } from "../../../micromesh/resources/declared.ts";
import type { DeclaredPlatform } from "../../../micromesh/resources/platform.ts";
import { commonSettings } from "../../../micromesh/resources/settings.ts";
import type { PodStatus } from "../../../micromesh/simulator/pods/status.ts";

export const BARE: DeclaredPlatform = {
  settings: { ...commonSettings, networkPolicy: false, cilium: false, ipBlockMatchesPods: true },
  customGroups: [],
  parts: { cni: "none", mesh: "none", ingress: "none" },
};
export const MESHED: DeclaredPlatform = {
  ...BARE,
  settings: {
    ...BARE.settings,
    mesh: { rootNamespace: "istio-system", trustDomain: "cluster.local" },
  },
};

export function podStatus(name: string, more: Partial<PodStatus> = {}): PodStatus {
  return {
    namespace: "lab",
    name,
    owner: `Deployment ${name}`,
    labels: { app: "web" },
    serviceAccount: "default",
    ips: ["10.244.0.10"],
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    hostNetwork: false,
    meshed: false,
    phase: "Running",
    ready: true,
    terminating: false,
    containers: [],
    ...more,
  };
}

export function object(
  apiVersion: string,
  kind: string,
  name: string,
  more: Record<string, unknown> = {},
): KubernetesObject {
  return { apiVersion, kind, metadata: { namespace: "lab", name }, ...more };
}

export function service(name: string, spec: object): KubernetesObject {
  return object("v1", "Service", name, { spec });
}

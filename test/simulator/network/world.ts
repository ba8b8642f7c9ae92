import { defaultNameServer } from "../../../micromesh/resources/corefile/declared.ts";
import { commonSettings } from "../../../micromesh/resources/settings.ts";
import type { View, ViewPod, ViewService } from "../../../micromesh/simulator/network/view.ts";

export function pod(name: string, ip: string, more: Partial<ViewPod> = {}): ViewPod {
  return {
    namespace: "lab",
    name,
    labels: { app: name },
    serviceAccount: "default",
    ips: [ip],
    ports: [],
    hostNetwork: false,
    meshed: false,
    ready: true,
    protocols: {},
    ...more,
  };
}

export function service(name: string, more: Partial<ViewService> = {}): ViewService {
  return {
    namespace: "lab",
    name,
    labels: {},
    type: "ClusterIP",
    publishNotReadyAddresses: false,
    ports: [],
    addresses: [],
    ...more,
  };
}

/** A cluster without policies; its namespaces are `lab` and `other`. */
export function view(more: Partial<View> = {}): View {
  return {
    version: 1,
    clusterDomain: "cluster.local",
    nameServer: defaultNameServer(),
    nodeIp: "192.168.49.2",
    podCidr: "10.244.0.0/16",
    serviceCidr: "10.96.0.0/12",
    namespaces: ["lab", "other"].map((name) => ({
      name,
      labels: { "kubernetes.io/metadata.name": name },
    })),
    policies: [],
    settings: { ...commonSettings, networkPolicy: true, cilium: true, ipBlockMatchesPods: false },
    pods: [],
    services: [],
    ingresses: [],
    ...more,
  };
}

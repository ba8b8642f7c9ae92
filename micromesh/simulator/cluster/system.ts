import type { PodStatus } from "../pods/status.ts";
import { API_SERVER_IP, DNS_IP } from "./addresses.ts";

/** Services that every cluster has, by `namespace/name`, with their well-known addresses. */
export const WELL_KNOWN: Record<string, string> = {
  "default/kubernetes": API_SERVER_IP,
  "kube-system/kube-dns": DNS_IP,
};

/** The cluster's DNS server: no process, but a pod that policies can cut off. */
export const DNS_POD: PodStatus = {
  namespace: "kube-system",
  name: "coredns",
  owner: "Deployment coredns",
  labels: { "k8s-app": "kube-dns" },
  serviceAccount: "coredns",
  ips: ["10.244.0.2"],
  ports: [
    { name: "dns", containerPort: 53, protocol: "UDP" },
    { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
  ],
  hostNetwork: false,
  meshed: false,
  phase: "Running",
  ready: true,
  terminating: false,
  containers: [],
};

/** The cluster's CoreDNS, from what is declared of its ConfigMaps. */
import type { KubernetesObject } from "../declared.ts";
import { K3S_COREFILE, KUBEADM_COREFILE } from "./defaults.ts";
import { type NameServer, nameServerFrom, type Unhonoured } from "./name-server.ts";
import { COREFILE, type Files } from "./parse.ts";
import { CorefileError, type Place } from "./tokens.ts";

/** Where CoreDNS' ConfigMaps are, and where its pod has their keys as files. */
const FOLDERS = { coredns: "/etc/coredns/", "coredns-custom": "/etc/coredns/custom/" } as const;
const NAMESPACE = "kube-system";

export interface DeclaredNameServer {
  /** Undefined: what is declared doesn't parse, so a running CoreDNS stays as it was. */
  nameServer?: NameServer;
  unhonoured: Unhonoured[];
  error?: CorefileError;
}

/**
 * What the declared Corefile makes of CoreDNS; where none is declared, the one that the cluster brings:
 * K3s' where its ConfigMap for the user's own settings is declared, else kubeadm's.
 */
export function declaredNameServer(objects: KubernetesObject[]): DeclaredNameServer {
  try {
    return nameServerFrom(filesOf(objects));
  } catch (error) {
    if (error instanceof CorefileError) return { unhonoured: [], error };
    throw error;
  }
}

/** CoreDNS as the cluster brings it. */
export function defaultNameServer(): NameServer {
  return nameServerFrom({ [COREFILE]: KUBEADM_COREFILE }).nameServer;
}

/** Whether CoreDNS reads an object. */
export function isCoreDnsConfig({ apiVersion, kind, metadata }: KubernetesObject): boolean {
  const { namespace, name } = metadata;
  return apiVersion === "v1" && kind === "ConfigMap" && namespace === NAMESPACE && name in FOLDERS;
}

/** A place as people find it: `ConfigMap kube-system/coredns data.Corefile line 3`. */
export function placeText({ file, line }: Place): string {
  const custom = file.startsWith(FOLDERS["coredns-custom"]);
  const name = custom ? "coredns-custom" : "coredns";
  const key = file.slice(FOLDERS[name].length);
  const field = /^\w+$/.test(key) ? `data.${key}` : `data["${key}"]`;
  return `ConfigMap ${NAMESPACE}/${name} ${field} line ${line}`;
}

function filesOf(objects: KubernetesObject[]): Files {
  const files: Files = {};
  for (const object of objects.filter(isCoreDnsConfig)) {
    const folder = FOLDERS[object.metadata.name as keyof typeof FOLDERS];
    for (const [key, text] of Object.entries(object.data ?? {})) files[folder + key] = String(text);
  }
  const brought = objects.some(
    (object) => isCoreDnsConfig(object) && object.metadata.name === "coredns-custom",
  )
    ? K3S_COREFILE
    : KUBEADM_COREFILE;
  return { [COREFILE]: brought, ...files };
}

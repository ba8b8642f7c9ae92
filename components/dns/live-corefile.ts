import { CoreV1Api as Core, type CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { withoutRule } from "../../micromesh/resources/corefile/rule.ts";
import { NAMESPACE } from "./args.ts";

const CONFIG_MAP = { name: "coredns", namespace: NAMESPACE };
const CONFLICT = 409;
const NOT_FOUND = 404;
/** Others who write at the same time: each time it is read anew. */
const MAX_CONFLICTS = 5;
/** A cluster that doesn't answer for so long isn't there any more. */
const TIMEOUT_MS = 30_000;

/** What there was to undo: `gone` is the cluster, or its CoreDNS. */
export type Undone = { kind: "undone" } | { kind: "nothing" } | { kind: "gone"; why: string };

/**
 * Takes the rule out of a cluster's Corefile; whatever else was changed in it stays.
 * @param kubeconfig contents; empty: the cluster was never made
 * @throws Error in one line if the cluster is there but doesn't let itself be changed
 */
export async function undoRule(kubeconfig: string, timeoutMs = TIMEOUT_MS): Promise<Undone> {
  if (kubeconfig.trim() === "") return { kind: "gone", why: "there is no kubeconfig" };
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const api = config.makeApiClient(Core);
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<Undone>((resolve) => {
    const why = `the API server doesn't answer within ${timeoutMs / 1000} s`;
    timer = setTimeout(() => resolve({ kind: "gone", why }), timeoutMs);
  });
  try {
    return await Promise.race([undo(api), silence]);
  } finally {
    clearTimeout(timer);
  }
}

async function undo(api: CoreV1Api): Promise<Undone> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      const live = await api.readNamespacedConfigMap(CONFIG_MAP);
      const corefile = live.data?.Corefile ?? "";
      const clean = withoutRule(corefile);
      if (clean === corefile) return { kind: "nothing" };
      // With the version that was read: a write in between is a conflict.
      const body = { ...live, data: { ...live.data, Corefile: clean } };
      await api.replaceNamespacedConfigMap({ ...CONFIG_MAP, body });
      return { kind: "undone" };
    } catch (error) {
      const { code, message } = error as { code?: number | string; message: string };
      if (code === NOT_FOUND) return { kind: "gone", why: "it has no ConfigMap of CoreDNS" };
      // Codes of the system are words, codes of the API server are numbers.
      if (typeof code === "string") return { kind: "gone", why: `no way to it (${code})` };
      if (code !== CONFLICT || conflicts === MAX_CONFLICTS) {
        throw new Error(code ? `the API server answers ${code}` : message.split("\n")[0]);
      }
    }
  }
}

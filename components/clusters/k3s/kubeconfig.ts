import { parse } from "yaml";
import { apiUrl } from "./config.ts";

interface K3sKubeconfig {
  clusters?: { cluster: Record<string, unknown> }[];
  users?: { user: Record<string, unknown> }[];
}

/**
 * K3s' own kubeconfig for use elsewhere: it says 127.0.0.1, and calls everything `default`.
 * @param text K3s' `k3s.yaml`. What holds no cluster comes back as it is: where commands aren't run,
 *   something stands in for it (scripts/kubeconfig.sh sees to what is read from a machine)
 * @param name of the cluster, the user and the context
 * @param publicAddress where the API is reached
 * @returns the kubeconfig as JSON, which is YAML too
 */
export function publicKubeconfig(text: string, name: string, publicAddress: string): string {
  const { clusters, users } = read(text);
  if (!clusters?.[0] || !users?.[0]) return text;
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: { ...clusters[0].cluster, server: apiUrl(publicAddress) } }],
    users: [{ name, user: users[0].user }],
  });
}

function read(text: string): K3sKubeconfig {
  try {
    const config: unknown = parse(text);
    return config !== null && typeof config === "object" ? config : {};
  } catch {
    return {}; // The parser's message would quote the text, which holds credentials.
  }
}

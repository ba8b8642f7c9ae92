import { X509Certificate } from "node:crypto";
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

/** K3s renews certificates when it starts less than 120 days before their end (https://docs.k3s.io/cli/certificate). */
const RENEWAL_DAYS = 90;

/**
 * What to say of a kubeconfig whose certificate, a year old at its end, ends soon: nothing reads it again by itself.
 * @param urn of the command that reads it
 */
export function expiryWarning(
  kubeconfig: string,
  now: Date,
  server: string,
  urn: string,
): string | undefined {
  const until = expiry(kubeconfig);
  if (until === undefined) return undefined;
  const days = (until.getTime() - now.getTime()) / 86_400_000;
  if (days > RENEWAL_DAYS) return undefined;
  return (
    `the kubeconfig that this stack keeps ${days > 0 ? "is valid until" : "was valid until"} ` +
    `${until.toISOString().slice(0, 10)}: run "sudo systemctl restart k3s" on ${server}, which renews it there, ` +
    `then read it again by "pulumi up --replace '${urn}'"`
  );
}

/** When the client's certificate ends; undefined: the text holds none. */
function expiry(kubeconfig: string): Date | undefined {
  const certificate = read(kubeconfig).users?.[0]?.user["client-certificate-data"];
  if (typeof certificate !== "string") return undefined;
  try {
    return new Date(new X509Certificate(Buffer.from(certificate, "base64")).validTo);
  } catch {
    return undefined; // Whoever uses it is told.
  }
}

function read(text: string): K3sKubeconfig {
  try {
    const config: unknown = parse(text);
    return config !== null && typeof config === "object" ? config : {};
  } catch {
    return {}; // The parser's message would quote the text, which holds credentials.
  }
}

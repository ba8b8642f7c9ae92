import { createHash } from "node:crypto";
import { parse } from "yaml";

interface Kubeconfig {
  "current-context"?: string;
  contexts?: Named<"context", { cluster: string; user: string; namespace?: string }>[];
  clusters?: Named<"cluster", Record<string, unknown>>[];
  users?: Named<"user", Record<string, unknown>>[];
}
type Named<Key extends string, T> = { name: string } & { [key in Key]: T };

/** A text read from a file, and the folder that relative paths in it start from. */
export interface Source {
  text: string;
  folder: string;
}

/** Fields that name a file, and the fields that hold such a file's contents instead. */
const FILES = ["certificate-authority", "client-certificate", "client-key"];

/**
 * One context of one or more kubeconfigs as a kubeconfig of its own, with the certificates that it
 * names embedded: what `kubectl config view --raw --flatten --minify` prints. As with kubectl, the
 * first file that has an entry wins.
 *
 * @param context the context's name; default: the current one
 * @param readFile gives the contents of a file that is named, from the folder of the one naming it
 * @returns the kubeconfig as JSON, which is YAML too
 * @throws Error with one line where the text is no kubeconfig, or the context isn't in it
 */
export function flatten(
  sources: Source[],
  context: string | undefined,
  readFile: (path: string, folder: string) => Buffer,
): string {
  const configs = sources.map(({ text, folder }) => ({ config: parseKubeconfig(text), folder }));
  const find = <Key extends "contexts" | "clusters" | "users">(list: Key, name: string) => {
    for (const { config, folder } of configs) {
      const entry = config[list]?.find((one) => one.name === name);
      if (entry) return { entry: entry as NonNullable<Kubeconfig[Key]>[number], folder };
    }
    const known = configs.flatMap(({ config }) => config[list]?.map((one) => one.name) ?? []);
    throw new Error(
      `the kubeconfig has no ${list.slice(0, -1)} ${name}; it has ${known.join(", ") || "none"}`,
    );
  };
  const embed = (fields: Record<string, unknown>, folder: string) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, value]) =>
        FILES.includes(key)
          ? [`${key}-data`, readFile(String(value), folder).toString("base64")]
          : [key, value],
      ),
    );

  const name =
    context ?? configs.find(({ config }) => config["current-context"])?.config["current-context"];
  if (!name) {
    throw new Error(
      `the kubeconfig has no current context: run "pulumi config set --path micromesh:cluster.context NAME"`,
    );
  }
  const chosen = find("contexts", name).entry as { context: { cluster: string; user: string } };
  const cluster = find("clusters", chosen.context.cluster);
  const user = find("users", chosen.context.user);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: chosen.context }],
    clusters: [
      {
        name: chosen.context.cluster,
        cluster: embed(
          (cluster.entry as { cluster: Record<string, unknown> }).cluster,
          cluster.folder,
        ),
      },
    ],
    users: [
      {
        name: chosen.context.user,
        user: embed((user.entry as { user: Record<string, unknown> }).user, user.folder),
      },
    ],
  });
}

/**
 * What a cluster is known by: its certificate authority, which stays when its address changes, else
 * its address. Not secret, and the same for every context and user of the cluster.
 * @param kubeconfig what `flatten` gave
 */
export function fingerprint(kubeconfig: string): string {
  const cluster = (JSON.parse(kubeconfig) as Kubeconfig).clusters?.[0]?.cluster;
  const identity = cluster?.["certificate-authority-data"] ?? cluster?.server ?? "";
  return createHash("sha256").update(String(identity)).digest("hex").slice(0, 16);
}

function parseKubeconfig(text: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    // The parser's message would quote the text, which holds credentials.
    throw new Error("the kubeconfig isn't valid YAML");
  }
  if (config === null || typeof config !== "object" || !("clusters" in config)) {
    throw new Error("the kubeconfig names no clusters: is it a kubeconfig?");
  }
  return config as Kubeconfig;
}

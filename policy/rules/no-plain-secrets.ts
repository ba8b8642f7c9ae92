import { isMachine, kindOf, LAUNCH_TEMPLATE } from "../kinds.ts";
import { type Leaf, leavesOf } from "../leaves.ts";
import { fieldOf } from "../plain.ts";
import type { ResourceRule, SeenResource } from "../rule.ts";
import { isLiteral, isSecretName, secretIn, secretInSettings } from "../secrets.ts";

export const noPlainSecrets: ResourceRule = {
  of: "resource",
  name: "no-plain-secrets",
  asksForSecrets: true,
  description:
    "Nothing that is a secret, by its name or its form, is given in plain: Pulumi writes it into its state and shows it " +
    "in diffs, and whoever may read pods, ConfigMaps or a machine's metadata reads it there. Make it a Pulumi secret; " +
    "in pods, take it from a Kubernetes Secret.",
  violations(resource) {
    if (kindOf(resource) === "Secret") return secretObject(resource);
    const readable = kindOf(resource) !== undefined;
    return leavesOf(resource.inputs).flatMap((leaf) => {
      const found = findingOf(leaf, resource);
      if (found === undefined) return [];
      if (readable) return [`${leaf.place} holds ${found}; take it from a Kubernetes Secret`];
      if (isUserData(leaf, resource)) {
        return [
          `${leaf.place} holds ${found}, which the machine's metadata shows; hand it over another way`,
        ];
      }
      // Where nobody says what is secret, it may well be.
      if (!resource.secretsKnown || isMarked(leaf, resource)) return [];
      return [
        `${leaf.place} holds ${found}, in plain; make it a Pulumi secret (pulumi.secret, config --secret)`,
      ];
    });
  },
};

/** The SDK marks a Secret's data by itself; objects that come from YAML have nobody who does. */
function secretObject(resource: SeenResource): string[] {
  if (!resource.secretsKnown) return [];
  const data = leavesOf({ data: resource.inputs.data, stringData: resource.inputs.stringData });
  return data
    .filter((leaf) => leaf.text !== "" && !isMarked(leaf, resource))
    .map(({ place }) => `${place} of a Secret is in plain; make it a Pulumi secret`);
}

/** What a value holds that is secret, in words; undefined: nothing. */
function findingOf(leaf: Leaf, resource: SeenResource): string | undefined {
  const { name, text } = leaf;
  if (isSecretName(name) && isLiteral(text) && !isMultiline(text)) return `a value for ${name}`;
  if (isUserData(leaf, resource)) return secretInSettings(decoded(text));
  if (isCommand(leaf)) return secretInSettings(text) ?? secretArgument(leaf, resource);
  if (isSettingsFile(leaf)) return secretInSettings(text);
  return secretIn(text);
}

/** What's called a token and is a whole text is looked at as such. */
const isMultiline = (text: string) => text.trim().includes("\n");

function isMarked({ path }: Leaf, { secrets }: SeenResource): boolean {
  const at = path.join(".");
  return secrets.some((secret) => secret === "" || at === secret || at.startsWith(`${secret}.`));
}

const COMMANDS = new Set(["create", "update", "delete", "stdin", "command", "args"]);

function isCommand({ path }: Leaf): boolean {
  const names = path.filter((key) => !/^\d+$/.test(key));
  return COMMANDS.has(names.at(-1) ?? "");
}

/** What stands behind an option in a list of its own words: `["--requirepass", "x"]`. */
function secretArgument({ path, text }: Leaf, { inputs }: SeenResource): string | undefined {
  const list = path.slice(0, -1).reduce<unknown>(fieldOf, inputs);
  const before = Array.isArray(list) ? list[Number(path.at(-1)) - 1] : undefined;
  const [, name = ""] = /^--?([A-Za-z][\w.-]*)$/.exec(String(before)) ?? [];
  return isSecretName(name) && !text.startsWith("-") && isLiteral(text)
    ? `a value for ${name}`
    : undefined;
}

/** A ConfigMap's file of settings, or a kubeconfig; not a program, whose names mean something else. */
function isSettingsFile({ path, name }: Leaf): boolean {
  return (
    name === "kubeconfig" ||
    (path[0] === "data" && /\.(?:ya?ml|json|toml|ini|env|conf|cfg|properties)$|^\.env$/.test(name))
  );
}

function isUserData({ name }: Leaf, resource: SeenResource): boolean {
  return (
    (isMachine(resource) || resource.type === LAUNCH_TEMPLATE) &&
    (name === "userData" || name === "userDataBase64")
  );
}

/** User data as the machine gets it: some of its fields take base64, and nothing says which was used. */
function decoded(text: string): string {
  return /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? Buffer.from(text, "base64").toString() : text;
}

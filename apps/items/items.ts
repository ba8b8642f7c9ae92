import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { NodeWorkload } from "../../components/workloads/node-workload.ts";
import { Workload } from "../../components/workloads/workload.ts";
import { APP, DATABASE, NAMESPACES } from "./names.ts";
import type { ItemsSettings } from "./settings.ts";
import { type ApiService, api, type Client, client, db } from "./workloads.ts";

export interface ItemsArgs {
  /** Image references with a version. */
  images: { node: string; postgres: string };
  settings: ItemsSettings;
  /** What is different about the API's Service; default: nothing. */
  api?: ApiService;
  /** What is different about the client; default: nothing. */
  client?: Client;
}

/** Prints 192 random bits in characters that need no quoting anywhere. */
const MAKE_PASSWORD = `node -p "crypto.randomBytes(24).toString('base64url')"`;

/**
 * The items: an HTTP API with a Service of type LoadBalancer, and its PostgreSQL, in one namespace; and in another one a
 * client that asks the API all the time.
 */
export class Items extends pulumi.ComponentResource {
  /** The namespaces' names; who uses them waits for the namespaces. */
  readonly namespaces: Record<keyof typeof NAMESPACES, pulumi.Output<string>>;

  constructor(name: string, args: ItemsArgs, opts: pulumi.ComponentResourceOptions = {}) {
    // Without its arguments: one of them may be a password.
    super("micromesh:apps:Items", name, {}, opts);
    const { images, settings } = args;
    const child = { parent: this, deletedWith: opts.deletedWith };
    const named = { ...child, deleteBeforeReplace: true };
    const labels = { "app.kubernetes.io/part-of": APP };

    const namespace = (key: keyof typeof NAMESPACES) =>
      new k8s.core.v1.Namespace(
        `${name}-${key}`,
        { metadata: { name: NAMESPACES[key], labels } },
        named,
      ).metadata.name;
    this.namespaces = { items: namespace("items"), client: namespace("client") };

    const secret = new k8s.core.v1.Secret(
      `${name}-${DATABASE.secret.name}`,
      {
        metadata: { name: DATABASE.secret.name, namespace: this.namespaces.items, labels },
        stringData: { [DATABASE.secret.key]: this.password(name, settings.password) },
      },
      named,
    );

    const pods = { ...child, dependsOn: [secret] };
    const items = { partOf: APP, namespace: this.namespaces.items };
    new Workload("db", { ...items, ...db(settings), image: images.postgres }, pods);
    new NodeWorkload(
      "api",
      { ...items, ...api(settings, args.api ?? {}), image: images.node },
      pods,
    );
    new NodeWorkload(
      "client",
      {
        partOf: APP,
        ...client(settings, args.client ?? {}),
        namespace: this.namespaces.client,
        image: images.node,
      },
      child,
    );
    this.registerOutputs();
  }

  /** The password given, or one that is made once and kept in the stack's state; a secret either way. */
  private password(name: string, given: string | undefined): pulumi.Output<string> {
    if (given !== undefined) return pulumi.secret(given);
    const made = new command.local.Command(
      `${name}-password`,
      { create: MAKE_PASSWORD, logging: command.local.Logging.None },
      {
        parent: this,
        // A secret in the state from the moment that the command has run.
        additionalSecretOutputs: ["stdout"],
        // A command that is put otherwise would run again, and PostgreSQL's volume knows the old password.
        ignoreChanges: ["create"],
      },
    );
    return pulumi.secret(made.stdout);
  }
}

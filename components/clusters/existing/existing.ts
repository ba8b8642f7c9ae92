import * as command from "@pulumi/command";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster.ts";
import { fingerprint, flatten } from "../kubeconfig.ts";

export interface ExistingClusterArgs {
  /** What the cluster is called in outputs; default: the context, else `existing`. */
  name?: string;
  /** Context of the kubeconfig; default: its current one. */
  context?: string;
}

/** Where the kubeconfig is; apart from the arguments, which stay readable in the state. */
export interface KubeconfigSource {
  /** A path, or the contents; default: $KUBECONFIG, else ~/.kube/config. */
  kubeconfig?: string;
}

/** A cluster that somebody else made, and that outlives the stack. */
export class ExistingCluster extends pulumi.ComponentResource implements Cluster {
  readonly kind = "existing";
  readonly name: string;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;

  constructor(
    name: string,
    args: ExistingClusterArgs,
    { kubeconfig }: KubeconfigSource,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("micromesh:clusters:Existing", name, args, opts);
    this.name = args.name ?? args.context ?? "existing";
    this.kubeconfig = isContents(kubeconfig)
      ? pulumi.secret(this.flattened(kubeconfig, args.context))
      : this.read(kubeconfig, args.context);
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.kubeconfig,
        // Another cluster behind the same context must not be taken for this one.
        clusterIdentifier: pulumi.unsecret(this.kubeconfig.apply(identifierOf)),
      },
      { parent: this },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  private flattened(text: string, context: string | undefined): string {
    try {
      return flatten([{ text, folder: "" }], context, refuseFile);
    } catch (error) {
      throw new pulumi.ResourceError((error as Error).message, this, true);
    }
  }

  private read(path: string | undefined, context: string | undefined): pulumi.Output<string> {
    const read = command.local.runOutput(
      {
        interpreter: ["node", "--import=tsx", "components/clusters/existing/read.ts"],
        // The script wants no word; a command line must not be empty.
        command: "read",
        environment: { MICROMESH_KUBECONFIG: JSON.stringify({ path, context }) },
        logging: "none",
      },
      { parent: this },
    );
    return pulumi.secret(read.stdout);
  }
}

/** Contents have more than one line, or are JSON. */
function isContents(kubeconfig: string | undefined): kubeconfig is string {
  return kubeconfig !== undefined && /\n|^\s*\{/.test(kubeconfig);
}

/** Where commands aren't run, as in a dry capture, there is no kubeconfig to tell clusters apart by. */
function identifierOf(kubeconfig: string): string {
  return kubeconfig === "" ? "existing" : `existing:${fingerprint(kubeconfig)}`;
}

function refuseFile(path: string): never {
  throw new Error(
    `micromesh:cluster.kubeconfig names the file ${path}; with contents, embed it ` +
      `(kubectl config view --raw --flatten), or give the kubeconfig's path instead`,
  );
}

/** A resource as the program declared it, with what plain Pulumi mocks would lose: its place and options. */
export interface DeclaredResource {
  urn: string;
  /** Pulumi type token, e.g. `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /** False for component resources. */
  custom: boolean;
  /** URN of the parent; undefined for the stack itself. */
  parent?: string;
  /** URNs it depends on, by `dependsOn` or by using their outputs; sorted. */
  dependencies: string[];
  /** `urn::id` of the explicit provider, if any. */
  provider?: string;
  /** Inputs with secrets in plain; `secrets` says where they stand. */
  inputs: Record<string, unknown>;
  /** Paths of secret inputs, e.g. `kubeconfig` or `stringData.password`; sorted. */
  secrets: string[];
  options: ResourceOptions;
}

export interface ResourceOptions {
  deleteBeforeReplace: boolean;
  protect: boolean;
  retainOnDelete: boolean;
  deletedWith?: string;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  additionalSecretOutputs: string[];
  aliases: string[];
}

/** Everything that one run of the program declared. */
export interface Declaration {
  stack: string;
  resources: DeclaredResource[];
  /** The stack's outputs, secrets in plain. */
  outputs: Record<string, unknown>;
  /** Names of the outputs that are secret. */
  secretOutputs: string[];
  /** Warnings the program logged. */
  warnings: string[];
}

/** A Kubernetes object, as `kubectl apply` would take it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: objects of any kind, CRDs included
  [field: string]: any;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

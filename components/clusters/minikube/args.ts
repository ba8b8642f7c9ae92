export interface MinikubeArgs {
  /** minikube's profile; kubectl's context gets the same name. */
  profile: string;
  /** Memory of the node in MiB, at least 1800. minikube can't change it later. */
  memoryMiB: number;
  /** At least 2. minikube can't change it later. */
  cpus: number;
  /** E.g. `docker`; undefined: what minikube finds. Another driver is another cluster. */
  driver?: string;
  /** E.g. `v1.35.1`. A newer version than the profile's is installed over it. */
  kubernetesVersion: string;
  /** `containerd`, `docker` or `cri-o`. minikube can't change it later. */
  containerRuntime: string;
  /**
   * Network of the pods that minikube installs, where nobody else brings one: `none` (the nodes aren't
   * ready until a CNI is installed) or a name that `minikube start --cni` knows.
   */
  cni: string;
  addons: string[];
  /** Stays when the stack is destroyed; what the stack has put into it doesn't. */
  keep: boolean;
  /** Registry prefix instead of registry.k8s.io, for what minikube pulls. */
  imageRepository?: string;
}

/** minikube ends with exit code 23 below this. */
export const MINIMUM_MEMORY_MIB = 1800;
/** minikube ends with exit code 29 below this. */
export const MINIMUM_CPUS = 2;
/** What minikube takes for a profile's name (`config.ProfileNameValid`): a DNS name of 2 or more. */
export const PROFILE_NAME =
  /^(?=..)([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/;
export const KUBERNETES_VERSION_FORM = /^v\d+\.\d+\.\d+$/;
/** Names of minikube's addons are of this form. */
export const ADDON_NAME = /^[a-z0-9][a-z0-9-]*$/;

/**
 * Checks what no cluster could be made with.
 * @throws Error that names the argument, its value and what it must be
 */
export function validateMinikube(args: MinikubeArgs): void {
  const wrong = (what: string, must: string) =>
    new Error(`The minikube cluster's ${what}; it must be ${must}.`);
  if (!PROFILE_NAME.test(args.profile)) {
    throw wrong(`profile is "${args.profile}"`, "a name of two or more letters, digits, - or .");
  }
  if (!(args.memoryMiB >= MINIMUM_MEMORY_MIB)) {
    throw wrong(`memoryMiB is ${args.memoryMiB}`, `at least ${MINIMUM_MEMORY_MIB}`);
  }
  if (!(args.cpus >= MINIMUM_CPUS)) throw wrong(`cpus is ${args.cpus}`, `at least ${MINIMUM_CPUS}`);
  if (!KUBERNETES_VERSION_FORM.test(args.kubernetesVersion)) {
    throw wrong(`kubernetesVersion is "${args.kubernetesVersion}"`, "of the form v1.35.1");
  }
  const addon = args.addons.find((name) => !ADDON_NAME.test(name));
  if (addon !== undefined) throw wrong(`addons hold "${addon}"`, "names of minikube's addons");
}

/**
 * What the declared platform brings to a cluster. A Helm release is one opaque resource here: what
 * its chart installs is read from the chart's name and values. A part that the cluster already has
 * is declared as a `micromesh:<area>:Existing` component, whose inputs say what it can do.
 */
import type { Declaration, DeclaredResource } from "./declared.ts";
import { commonSettings, type Settings } from "./settings.ts";

export interface DeclaredPlatform {
  settings: Settings;
  /** API groups that custom resources may use, because their CRDs are installed. */
  customGroups: string[];
  /** The ingress controller, if any. */
  ingress?: IngressController;
  /** What each part is, for people: `cni: cilium 1.20.0`. */
  parts: Record<"cni" | "mesh" | "ingress", string>;
}

export interface IngressController {
  namespace: string;
  /** Name of its workload and Service, and its `app.kubernetes.io/name`. */
  name: string;
  /** Serves Ingresses of this class. */
  className: string;
  /** It also serves Ingresses that name no class. */
  isDefaultClass: boolean;
}

/** Who answers custom resources of an API group. */
const CILIUM_GROUPS = ["cilium.io"];
const CLUSTER_POLICY_GROUPS = ["policy.networking.k8s.io"];
const ISTIO_GROUPS = ["networking.istio.io", "security.istio.io", "telemetry.istio.io"];

export function declaredPlatform(declaration: Declaration): DeclaredPlatform {
  const cni = cniOf(declaration);
  const mesh = meshOf(declaration);
  const ingress = ingressOf(declaration);
  return {
    settings: { ...cni.settings, mesh: mesh?.settings },
    customGroups: [
      ...(cni.settings.cilium ? CILIUM_GROUPS : []),
      ...(cni.settings.clusterNetworkPolicy ? CLUSTER_POLICY_GROUPS : []),
      ...(mesh ? ISTIO_GROUPS : []),
      ...(ingress?.group ? [ingress.group] : []),
    ],
    ingress: ingress?.controller,
    parts: {
      cni: cni.text,
      mesh: mesh?.text ?? "none",
      ingress: ingress?.text ?? "none",
    },
  };
}

function cniOf(declaration: Declaration): { settings: Omit<Settings, "mesh">; text: string } {
  const cilium = release(declaration, "cilium");
  if (cilium) {
    const never = value(cilium, "policyEnforcementMode") === "never";
    const plain = value(cilium, "k8sNetworkPolicy.enabled") !== false;
    return {
      // Cilium never matches pods by CIDR:
      // https://docs.cilium.io/en/stable/security/policy/language/#cidr-based
      settings: {
        ...commonSettings,
        networkPolicy: !never && plain,
        cilium: !never,
        clusterNetworkPolicy: !never && value(cilium, "k8sClusterNetworkPolicy.enabled") === true,
        ipBlockMatchesPods: false,
      },
      text: never ? `${title(cilium)}, enforcing nothing` : title(cilium),
    };
  }
  const existing = component(declaration, "micromesh:cni:Existing");
  if (existing) {
    const networkPolicy = existing.inputs.enforcesNetworkPolicy === true;
    const ciliumPolicies = existing.inputs.ciliumPolicies === true;
    return {
      settings: {
        ...commonSettings,
        networkPolicy,
        cilium: ciliumPolicies,
        ipBlockMatchesPods: !ciliumPolicies,
      },
      text: networkPolicy ? "existing" : "existing, enforcing no NetworkPolicy",
    };
  }
  return {
    settings: { ...commonSettings, networkPolicy: false, cilium: false, ipBlockMatchesPods: true },
    text: "none: no policy is enforced",
  };
}

function meshOf(declaration: Declaration) {
  const istiod = release(declaration, "istiod");
  if (istiod) {
    const trustDomain = value(istiod, "meshConfig.trustDomain") ?? "cluster.local";
    return {
      settings: { rootNamespace: namespaceOf(istiod), trustDomain: String(trustDomain) },
      text: title(istiod),
    };
  }
  const existing = component(declaration, "micromesh:mesh:Existing");
  if (!existing) return undefined;
  const { namespace, trustDomain } = existing.inputs as {
    namespace?: string;
    trustDomain?: string;
  };
  return {
    settings: {
      rootNamespace: namespace ?? "istio-system",
      trustDomain: trustDomain ?? "cluster.local",
    },
    text: "existing",
  };
}

function ingressOf(
  declaration: Declaration,
): { controller: IngressController; group?: string; text: string } | undefined {
  const traefik = release(declaration, "traefik");
  if (traefik) {
    const name = String(traefik.inputs.name ?? traefik.name);
    return {
      controller: {
        namespace: namespaceOf(traefik),
        name,
        className: String(value(traefik, "ingressClass.name") || name),
        isDefaultClass: value(traefik, "ingressClass.isDefaultClass") !== false,
      },
      group: "traefik.io",
      text: title(traefik),
    };
  }
  const existing = component(declaration, "micromesh:ingress:Existing");
  if (!existing) return undefined;
  const { className, workload, service } = existing.inputs as {
    className: string;
    workload?: { namespace: string; workload: string };
    service?: { namespace: string; name: string };
  };
  return {
    controller: {
      namespace: workload?.namespace ?? service?.namespace ?? "ingress",
      name: workload?.workload ?? service?.name ?? className,
      className,
      isDefaultClass: false,
    },
    text: "existing",
  };
}

function release(declaration: Declaration, chart: string): DeclaredResource | undefined {
  return declaration.resources.find((resource) => {
    if (!/^kubernetes:helm\.sh\/v[34]:(Release|Chart)$/.test(resource.type)) return false;
    // A chart is named alone, by OCI reference or by path: what comes last is its name.
    const name = String(resource.inputs.chart).split("/").at(-1);
    return name === chart;
  });
}

function component(declaration: Declaration, type: string): DeclaredResource | undefined {
  return declaration.resources.find((resource) => resource.type === type);
}

function value(resource: DeclaredResource, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (node, key) => (node as Record<string, unknown> | undefined)?.[key],
      resource.inputs.values,
    );
}

function namespaceOf(resource: DeclaredResource): string {
  return String(resource.inputs.namespace ?? "default");
}

function title(resource: DeclaredResource): string {
  const chart = String(resource.inputs.chart).split("/").at(-1);
  return `${chart} ${resource.inputs.version ?? ""}`.trim();
}

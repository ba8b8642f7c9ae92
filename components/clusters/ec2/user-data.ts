import { stringify } from "yaml";

export interface UserDataArgs {
  /** The machine's name, a DNS label. */
  hostname: string;
}

/** Beside Kubernetes' own limits: what is outside pods, K3s first of all, may swap; pods may not. */
const SWAP_BYTES = 2 * 1024 ** 3;

/**
 * Limits that are set for one desktop and shared by all pods of a node: every watch of kubelet,
 * containerd, Cilium and Prometheus counts. The figures are those of kind's "Known issues".
 */
const SYSCTLS = {
  "fs.inotify.max_user_watches": 524288,
  "fs.inotify.max_user_instances": 512,
  // Memory first: swapping is for what would otherwise be killed.
  "vm.swappiness": 10,
};

/** The security group is the firewall; a second one on the machine would drop what pods send to each other. */
const NO_FIREWALL = "if command -v ufw >/dev/null; then ufw disable; fi";

/**
 * What cloud-init does at the first boot, and only then: the little that a machine needs before K3s is
 * put on it by SSH. It has no secrets, since every process on the machine can read it, and it installs
 * nothing, since that would need a mirror. Security updates stay as Ubuntu sets them: on, without
 * reboots.
 * @returns `#cloud-config`, see cloudinit.readthedocs.io/en/latest/reference/modules.html
 */
export function userData({ hostname }: UserDataArgs): string {
  const config = {
    hostname,
    // sudo and kubelet look the machine's own name up.
    manage_etc_hosts: "localhost",
    ssh_pwauth: false,
    disable_root: true,
    swap: { filename: "/swapfile", size: SWAP_BYTES, maxsize: SWAP_BYTES },
    write_files: [
      {
        path: "/etc/sysctl.d/90-micromesh.conf",
        owner: "root:root",
        permissions: "0644",
        content: Object.entries(SYSCTLS)
          .map(([key, value]) => `${key} = ${value}\n`)
          .join(""),
      },
    ],
    runcmd: [["sysctl", "--system"], NO_FIREWALL],
  };
  return `#cloud-config\n${stringify(config)}`;
}

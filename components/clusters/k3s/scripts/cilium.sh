# shellcheck shell=sh
# Takes away what Cilium left on this machine; it comes between common.sh and what uninstalls K3s.
: "${spool:?}"

# Whoever stops K3s with these in place cuts the machine off (https://docs.k3s.io/networking/basic-network-options).
delete_cilium_links() {
  for link in cilium_host cilium_net cilium_vxlan; do
    ip link delete "$link" >/dev/null 2>&1 || true
  done
}

# Only once its agent has stopped, which would put them back.
delete_cilium_rules() {
  # A machine may have no tools of its own; Cilium brings them, and K3s too.
  PATH="$PATH:/var/lib/rancher/k3s/data/current/bin/aux"
  for tool in iptables ip6tables; do
    if "$tool-save" >"$spool/rules" 2>/dev/null && grep -qi cilium "$spool/rules"; then
      grep -iv cilium "$spool/rules" | "$tool-restore" || true
    fi
  done
}

# Programs that go on without it: links that are pinned end with their pins, filters of older kernels don't.
delete_cilium_programs() {
  rm -rf /sys/fs/bpf/cilium /sys/fs/bpf/tc/globals/cilium_*
  command -v tc >/dev/null || return 0
  for device in /sys/class/net/*; do
    for side in ingress egress; do
      tc filter show dev "${device##*/}" "$side" 2>/dev/null
    done >"$spool/filters" || true
    if grep -q 'cil_\(from\|to\)_' "$spool/filters"; then
      tc qdisc delete dev "${device##*/}" clsact || true
    fi
  done
}

delete_cilium_files() {
  umount /run/cilium/cgroupv2 2>/dev/null || true
  rm -rf --one-file-system /run/cilium 2>/dev/null || true
  rm -f /etc/cni/net.d/*cilium* /opt/cni/bin/cilium-* /etc/sysctl.d/*cilium.conf
}

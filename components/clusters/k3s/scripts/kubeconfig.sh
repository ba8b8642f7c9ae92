# shellcheck shell=sh
# Prints the administrator's kubeconfig.
if ! grep -q '^clusters:' /etc/rancher/k3s/k3s.yaml 2>/dev/null; then
  echo "$(hostname) has no kubeconfig of K3s (/etc/rancher/k3s/k3s.yaml): if K3s was uninstalled by hand, run pulumi destroy, then pulumi up" >&2
  exit 1
fi
exec cat /etc/rancher/k3s/k3s.yaml

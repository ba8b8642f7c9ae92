#!/bin/sh
# Stands in for systemctl: a unit is active while its file is in /run/active.
folder=$(cat /etc/test-folder)
echo "systemctl $*" >>"$folder/records/calls"
for unit in "$@"; do :; done
case $1 in
is-active) test -e "/run/active/$unit" ;;
stop) rm -f "/run/active/$unit" ;;
show) cat "$folder/restarts" 2>/dev/null || echo 0 ;;
start)
  mkdir -p /run/active
  test -e "/etc/systemd/system/$unit.service" || exit 5
  if [ -e "$folder/fails-to-start" ]; then
    echo 9 >"$folder/restarts"
    exit 0
  fi
  touch "/run/active/$unit"
  if [ "$unit" = k3s ]; then
    mkdir -p /var/lib/rancher/k3s/server
    token=ch0sen-by-k3s-itself
    if grep -q '^token-file:' /etc/rancher/k3s/config.yaml; then
      token=$(cat /var/lib/micromesh/k3s/token)
    fi
    test -e /var/lib/rancher/k3s/server/token ||
      echo "K10abc::server:$token" >/var/lib/rancher/k3s/server/token
    cat >/etc/rancher/k3s/k3s.yaml <<YAML
apiVersion: v1
kind: Config
current-context: default
contexts: [{name: default, context: {cluster: default, user: default}}]
clusters: [{name: default, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: Q0E=}}]
users: [{name: default, user: {client-key-data: S0VZ}}]
YAML
  fi
  ;;
esac

# shellcheck shell=sh
# On the first server: takes a node that is gone out of the cluster. Without K3s there is no cluster.
forget() {
  if [ ! -x /usr/local/bin/k3s ]; then exit 0; fi
  exec /usr/local/bin/k3s kubectl delete node "${node:?}" --ignore-not-found --timeout=60s
}
forget </dev/null

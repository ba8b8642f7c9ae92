# shellcheck shell=sh
# Takes K3s off this machine, if it is the one that these values installed. Twice is fine.
: "${cluster:?}" "${node:?}" "${instance:?}" "${login:?}"
# From common.sh.
: "${home:?}"

if ! is_ours; then
  if is_there; then
    say "K3s on $(hostname) wasn't installed by this program: it is left alone"
  else
    rm -rf "$home"
    say "K3s isn't installed on $(hostname)"
  fi
  exit 0
fi
# Since then it became another node, or the same one is now declared at another address.
for name in cluster node instance login; do
  eval "value=\$$name"
  # shellcheck disable=SC2154 # assigned by eval
  if [ "$(known "$name")" != "$value" ]; then
    say "K3s on $(hostname) is now the node $(known node) of $(known cluster), by $(known login): it is left alone"
    exit 0
  fi
done
remove_k3s
say "K3s is uninstalled from $(hostname)"

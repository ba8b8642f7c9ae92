# shellcheck shell=sh
# Makes K3s on this machine what the values say: installs, upgrades, configures, or does nothing.
# Every step may be cut short: files are put in place whole, and what was reached is noted last.

# What node it is: in which cluster, in which life of it, and how it is reached.
: "${cluster:?}" "${node:?}" "${instance:?}" "${login:?}"
# What K3s shall be.
: "${role:?}" "${version:?}" "${config:?}" "${registries?}" "${token?}" "${fixed:?}"
# Where it comes from.
: "${installer:?}" "${releases?}"
# From common.sh.
: "${home:?}" "${config_file:?}"

registries_file=/etc/rancher/k3s/registries.yaml
if [ "$role" = server ]; then unit=k3s; else unit=k3s-agent; fi

k3s_version() { /usr/local/bin/k3s --version 2>/dev/null | awk 'NR == 1 { print $3 }'; }

newest() { printf '%s\n' "$@" | sort -V | tail -n 1; }

minor() { printf '%s' "$1" | cut -d . -f 2; }

wait_for_cloud_init() {
  command -v cloud-init >/dev/null || return 0
  code=0
  cloud-init status --wait >/dev/null 2>&1 || code=$?
  # 2: it is done, and had something to complain of that it could mend.
  case $code in
  0 | 2) ;;
  *) fail "cloud-init failed on $(hostname): see \"cloud-init status --long\" there" ;;
  esac
}

refuse_what_is_not_ours() {
  if ! is_ours; then
    if is_there || [ -e "$config_file" ]; then
      fail "there is a K3s on $(hostname) already that wasn't installed by this program: uninstall it (k3s-uninstall.sh or k3s-agent-uninstall.sh), or use it by its kubeconfig (micromesh:cluster.kind existing)"
    fi
    return 0
  fi
  if [ "$(known cluster)" != "$cluster" ] || [ "$(known node)" != "$node" ]; then
    fail "K3s on $(hostname) is the node $(known node) of the cluster $(known cluster): take the machine out of that one first (and run pulumi up), then make it the node $node of $cluster"
  fi
  if [ "$(known instance)" != "$instance" ]; then
    say "$(hostname) becomes a new node: the K3s of the former one is uninstalled"
    remove_k3s
  fi
}

# K3s can't change these for a cluster that exists; it would fail to start, after it was stopped.
refuse_what_cannot_change() {
  if [ -n "$has" ] && [ "$has" != "$version" ]; then
    if [ "$(newest "$has" "$version")" = "$has" ]; then
      fail "K3s $has is installed on $(hostname), and $version is older: K3s can't go back; declare $has or a newer one"
    fi
    if [ -n "$(known installed)" ] && [ "$(minor "$version")" -gt "$(($(minor "$has") + 1))" ]; then
      fail "K3s $has is installed on $(hostname), and $version skips a minor version, which Kubernetes can't: declare one of v1.$(($(minor "$has") + 1)) first"
    fi
  fi
  # Made by the server's first start.
  if [ "$role" = server ] && [ -e /var/lib/rancher/k3s/server/token ]; then
    if [ "$(known fixed)" != "$fixed" ]; then
      fail "the cluster's networks of pods and Services are $(known fixed), and K3s can't make them $fixed: put them back, or destroy the cluster first"
    fi
    if [ -n "$token" ] && [ "$(known token)" != "$token" ]; then
      fail "the cluster was made with another token, and K3s can't take this one: put the old one back, or destroy the cluster first"
    fi
  fi
}

# fetch URL FILE
fetch() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 5 --connect-timeout 20 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q --tries=5 --timeout=20 -O "$2" "$1"
  else
    fail "$(hostname) has neither curl nor wget: install one"
  fi || fail "$(hostname) couldn't get $1: see that it reaches that address, or set micromesh:mirror"
}

run_installer() {
  say "installing K3s $version on $(hostname)"
  fetch "$installer" "$home/installer.new"
  if [ "$(head -c 2 "$home/installer.new")" != '#!' ]; then
    fail "$installer isn't a script: set the address of K3s' install.sh"
  fi
  mv -f "$home/installer.new" "$home/installer"
  code=0
  (
    export INSTALL_K3S_VERSION="$version" INSTALL_K3S_EXEC="$role" INSTALL_K3S_BIN_DIR=/usr/local/bin
    # It would start with half of a cluster's configuration changed; we start it.
    export INSTALL_K3S_SKIP_START=true
    if [ -n "$releases" ]; then export GITHUB_URL="$releases"; fi
    sh "$home/installer" 9>&-
  ) || code=$?
  [ "$code" -eq 0 ] || fail "K3s' installer ended with code $code on $(hostname) (its words are above)"
  [ "$(k3s_version)" = "$version" ] ||
    fail "K3s' installer left \"$(k3s_version)\" on $(hostname), not $version: see what micromesh:mirror has"
}

configure() {
  mkdir -p /etc/rancher/k3s
  put "$config_file" "$config"
  if [ -n "$registries" ]; then put "$registries_file" "$registries"; else rm -f "$registries_file"; fi
  if [ -n "$token" ]; then put "$home/token" "$token"; fi
}

is_ready() {
  systemctl is-active --quiet "$unit" || return 1
  if [ "$role" = server ]; then
    [ "$(/usr/local/bin/k3s kubectl get --raw=/readyz 2>/dev/null)" = ok ] || return 1
    /usr/local/bin/k3s kubectl get node "$node" >/dev/null 2>&1
  else
    # A kubelet may read its own node.
    /usr/local/bin/k3s kubectl --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig \
      get node "$node" >/dev/null 2>&1
  fi
}

restarts() { systemctl show --property NRestarts --value "$unit" 2>/dev/null || true; }

# wait_until_ready RESTARTS, so many before. Not for the node to be ready: it can't be before there is
# a network for pods.
wait_until_ready() {
  deadline=$(($(date +%s) + 600))
  until is_ready; do
    now=$(restarts)
    if [ "$(date +%s)" -ge "$deadline" ] || [ "$((${now:-0} - ${1:-0}))" -ge 5 ]; then
      say "the last words of $unit:"
      journalctl --unit "$unit" --lines 20 --no-pager --output cat 2>/dev/null | without_token
      fail "K3s on $(hostname) doesn't get ready (its words are above; more by \"journalctl -u $unit\" there)"
    fi
    sleep 2
  done
}

without_token() {
  if [ -s "$home/token" ]; then grep -vFf "$home/token" || true; else cat; fi
}

# Pods go on while K3s itself is stopped.
restart() {
  systemctl stop "$unit"
  # It would wait without end for a server that can't be reached.
  systemctl start --no-block "$unit"
}

wait_for_cloud_init
refuse_what_is_not_ours
has=$(k3s_version)
refuse_what_cannot_change

wanted=$(printf '%s\n' "$version" "$role" "$config" "$registries" "$token" | sha256sum | cut -d ' ' -f 1)
mkdir -p "$home"
put "$home/node" "$node"
put "$home/instance" "$instance"
put "$home/login" "$login"
put "$home/cluster" "$cluster"

if [ "$(known installed)" = "$wanted" ] && [ "$has" = "$version" ] &&
  [ "$(cat "$config_file" 2>/dev/null)" = "$config" ] && [ -e "/etc/systemd/system/$unit.service" ]; then
  before=$(restarts)
  systemctl is-active --quiet "$unit" || systemctl start --no-block "$unit"
  wait_until_ready "$before"
  say "K3s $version on $(hostname) is as declared"
  exit 0
fi

configure
put "$home/fixed" "$fixed"
if [ "$has" != "$version" ] || [ -z "$(known installed)" ] || [ ! -e "/etc/systemd/system/$unit.service" ]; then
  # An interrupted one is run again, whatever it reached.
  rm -f "$home/installed"
  run_installer
fi
restart
# Counted from zero since it was stopped.
wait_until_ready 0
put "$home/installed" "$wanted"
say "K3s $version runs on $(hostname) as the node $node"

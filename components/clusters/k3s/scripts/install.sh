# shellcheck shell=sh
# Makes K3s on this machine what the values say: installs, upgrades, configures, or does nothing.
# Every step may be cut short: files are put in place whole, and what was reached is noted last.

# What node it is: in which cluster, in which life of it, and how it is reached.
: "${cluster:?}" "${node:?}" "${instance:?}" "${login:?}"
# What K3s shall be.
: "${role:?}" "${version:?}" "${config:?}" "${registries?}" "${token?}" "${fixed:?}" "${network:?}"
# The API of the first server, to join; empty: it is this one.
: "${server?}"
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
  # It waits for ever where it was installed but has never run.
  timeout 600 cloud-init status --wait >/dev/null 2>&1 || code=$?
  # 2: it is done, and had something to complain of that it could mend.
  case $code in
  0 | 2) ;;
  124) fail "cloud-init hasn't ended in 10 minutes on $(hostname): see \"cloud-init status --long\" there, or turn it off by \"sudo touch /etc/cloud/cloud-init.disabled\" and a restart" ;;
  *) fail "cloud-init failed on $(hostname): see \"cloud-init status --long\" there" ;;
  esac
}

# Agents are named by their order: where one is taken out, those after it move up. By another login it might be
# a machine that is declared twice.
is_renamed_agent() {
  [ "$role" = agent ] && [ "$(known cluster)" = "$cluster" ] && [ "$(known login)" = "$login" ] &&
    [ "$(known node)" != "$node" ] && [ -e /etc/systemd/system/k3s-agent.service ]
}

refuse_what_is_not_ours() {
  if ! is_ours; then
    if is_there || [ -e "$config_file" ]; then
      fail "there is a K3s on $(hostname) already that wasn't installed by this program: uninstall it (k3s-uninstall.sh or k3s-agent-uninstall.sh), or use it by its kubeconfig (micromesh:cluster.kind existing)"
    fi
    return 0
  fi
  if is_renamed_agent; then
    say "$(hostname) was the node $(known node) of $cluster, and becomes $node: its K3s is uninstalled"
    remove_k3s
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

# K3s keeps the token as K10HASH::server:TOKEN, and takes either form.
opens_the_cluster() {
  made=$(cat /var/lib/rancher/k3s/server/token)
  [ "$token" = "$made" ] || [ "$token" = "${made#*::server:}" ]
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
    if [ -n "$token" ] && [ "$(known token)" != "$token" ] && ! opens_the_cluster; then
      if [ -z "$(known token)" ]; then
        fail "the cluster was made without a token, so K3s chose one, and can't take this one: set micromesh:cluster.token to what \"sudo cat /var/lib/rancher/k3s/server/token\" prints on $(hostname), or destroy the cluster first"
      fi
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
  fi || fail "$(hostname) couldn't get $1: see that it reaches that address and has room on its disk, or set micromesh:mirror"
}

# answers URL: whatever it says
answers() {
  if command -v curl >/dev/null; then
    curl -ks --noproxy '*' --connect-timeout 5 --max-time 10 -o /dev/null "$1"
  elif command -v wget >/dev/null; then
    code=0
    wget -q --no-check-certificate --no-proxy --timeout=5 --tries=1 -O /dev/null "$1" || code=$?
    # 8: with an error of HTTP.
    [ "$code" -eq 0 ] || [ "$code" -eq 8 ]
  fi
}

# K3s would try for ever to join one that it doesn't reach, and say why in its journal only.
reach_first_server() {
  [ -n "$server" ] || return 0
  for try in 1 2 3; do
    if answers "$server/ping"; then return 0; fi
    [ "$try" -eq 3 ] || sleep 3
  done
  fail "$(hostname) doesn't reach the first server at $server: open that port from node to node (firewalls), or set the privateAddress that nodes reach each other by"
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
    state=$(node_state) || return 1
  else
    # A kubelet may read its own node.
    state=$(node_state --kubeconfig /var/lib/rancher/k3s/agent/kubelet.kubeconfig) || return 1
  fi
  # Its kubelet is there in this version, not only the node that a former one left.
  [ "${state%% *}" = "$version" ] || return 1
  # It can't be ready before another CNI brings a network for pods.
  [ "$network" = none ] || [ "${state##* }" = True ]
}

# node_state [KUBECTL'S OPTIONS]: the kubelet's version, and True where the node is ready
node_state() {
  /usr/local/bin/k3s kubectl "$@" get node "$node" 2>/dev/null --output \
    'jsonpath={.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}'
}

restarts() { systemctl show --property NRestarts --value "$unit" 2>/dev/null || true; }

# wait_until_ready RESTARTS, so many before
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

reach_first_server
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

# shellcheck shell=sh
# What install.sh and uninstall.sh share; it comes before each of them.
set -eu
umask 077

spool=$1
# shellcheck source=/dev/null
. "$spool/values"
rm -f "$spool/values"

# What is known of the K3s that was installed here, one value a file. Outside of K3s' own folders:
# what is half uninstalled must still be known to be ours.
home=/var/lib/micromesh/k3s
config_file=/etc/rancher/k3s/config.yaml
config_mark='# Written by micromesh, which installed K3s here.'

say() { printf '%s\n' "$*"; }

fail() {
  say "$*"
  exit 1
}

# known NAME
known() { cat "$home/$1" 2>/dev/null || true; }

# put FILE TEXT: whole or not at all
put() {
  if ! printf '%s\n' "$2" 2>/dev/null >"$1.new"; then
    rm -f "$1.new"
    fail "$1 can't be written on $(hostname): see \"df -h ${1%/*}\" there"
  fi
  mv -f "$1.new" "$1"
}

is_there() {
  [ -e /etc/systemd/system/k3s.service ] || [ -e /etc/systemd/system/k3s-agent.service ]
}

# Somebody may have uninstalled ours, and installed another: its configuration isn't our file.
is_ours() {
  [ -e "$home/cluster" ] || return 1
  if [ -e "$config_file" ]; then
    [ "$(head -n 1 "$config_file")" = "$config_mark" ]
  else
    if is_there; then return 1; fi
  fi
}

# One at a time. A run whose connection was lost goes on: the next one waits for it.
exec 9>/run/micromesh-k3s.lock
flock -n 9 || {
  say "waiting for an earlier run on $(hostname) to end"
  flock -w 1500 9 || fail "an earlier run on $(hostname) hasn't ended in 25 minutes: see /run/micromesh-k3s.*/log there"
}

remove_k3s() {
  delete_cilium_links
  if [ -x /usr/local/bin/k3s-killall.sh ]; then
    /usr/local/bin/k3s-killall.sh >"$spool/uninstall.log" 2>&1 9>&- || true
  fi
  delete_cilium_links
  delete_cilium_rules
  delete_cilium_programs
  delete_cilium_files
  for script in k3s-uninstall.sh k3s-agent-uninstall.sh; do
    if [ -x "/usr/local/bin/$script" ]; then
      "/usr/local/bin/$script" >"$spool/uninstall.log" 2>&1 9>&- || true
    fi
  done
  if is_there; then
    tail -n 20 "$spool/uninstall.log" 2>/dev/null || true
    fail "K3s couldn't be uninstalled from $(hostname) (its words are above)"
  fi
  # Where an installer was interrupted, there is no script to uninstall by.
  for link in kubectl crictl ctr; do
    if [ "$(readlink "/usr/local/bin/$link" || true)" = k3s ]; then rm -f "/usr/local/bin/$link"; fi
  done
  rm -f /usr/local/bin/k3s
  rm -rf /etc/rancher/k3s
  # It may be a disk of its own: then the empty folder stays, and what is mounted there still.
  rm -rf --one-file-system /var/lib/rancher/k3s 2>/dev/null || true
  rm -rf "$home"
}

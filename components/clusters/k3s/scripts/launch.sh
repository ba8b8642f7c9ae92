# shellcheck shell=sh
# Runs a script apart from this session, so that it goes on when the connection is lost, and shows
# what it says. Before this come two assignments: `values`, assignments for the script, and `work`,
# the script. It is read whole before it runs: half of it never does.
launch() {
  umask 077
  if [ ! -d /run/systemd/system ]; then
    echo "$(hostname) doesn't run systemd, which starts K3s: take a machine that does" >&2
    exit 1
  fi
  for tool in flock setsid; do
    if ! command -v "$tool" >/dev/null; then
      echo "$(hostname) has no $tool: install util-linux" >&2
      exit 1
    fi
  done
  # In memory, and root's alone. The script takes the values away as soon as it has read them.
  spool=$(mktemp -d /run/micromesh-k3s.XXXXXX) || exit 1
  if ! printf '%s' "${values:?}" 2>/dev/null >"$spool/values" ||
    ! printf '%s' "${work:?}" 2>/dev/null >"$spool/work.sh"; then
    # Half a script, or none, might end well.
    rm -rf "$spool"
    echo "$(hostname) has no room left in /run: see \"df -h /run\" there" >&2
    exit 1
  fi
  : >"$spool/log"
  setsid sh "$spool/work.sh" "$spool" >"$spool/log" 2>&1 </dev/null &
  pid=$!
  tail -n +1 -s 0.2 -f --pid="$pid" "$spool/log" >&2
  wait "$pid"
  code=$?
  rm -rf "$spool"
  exit "$code"
}
launch </dev/null

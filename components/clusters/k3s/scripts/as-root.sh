# shellcheck shell=sh
if [ "$(id -u)" -eq 0 ]; then exec sh; fi
if ! sudo -n true </dev/null >/dev/null 2>&1; then
  echo "$(id -un) on $(hostname) can't become root: let it run sudo without a password, or log in as root" >&2
  exit 1
fi
exec sudo -n sh

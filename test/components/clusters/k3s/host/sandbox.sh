#!/bin/sh
# A machine for tests: sshd in a mount namespace of its own, where /etc, /opt, /usr/local, /var/lib,
# /run and /sys/fs/bpf are its own to write. `sandbox.sh FOLDER` expects there: sshd_config, host and
# user keys. Records of what the stand-ins were called with go to FOLDER/records.
set -eu
folder=$1
stand_ins=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$folder/layers"
mount -t tmpfs tmpfs "$folder/layers"
for place in etc opt usr/local var/lib; do
  layer="$folder/layers/$(echo "$place" | tr / -)"
  mkdir -p "$layer/upper" "$layer/work"
  mount -t overlay overlay -o "lowerdir=/$place,upperdir=$layer/upper,workdir=$layer/work" "/$place"
done
mount -t tmpfs tmpfs /run
if [ -d /sys/fs/bpf ]; then mount -t tmpfs tmpfs /sys/fs/bpf; fi
mkdir -p /run/systemd/system /run/sshd /run/lock /usr/local/bin /etc/systemd/system

# Neither may be locked, and one of them isn't root.
sed -i '/^root:/d' /etc/shadow
{ echo 'root:*:19000:0:99999:7:::'; echo 'plain:*:19000:0:99999:7:::'; } >>/etc/shadow
echo "plain:x:54321:54321::$folder:/bin/sh" >>/etc/passwd

rm -rf /etc/rancher /var/lib/rancher /var/lib/micromesh
rm -rf /etc/cni /opt/cni
rm -f /etc/systemd/system/k3s*.service /usr/local/bin/k3s* /etc/ssh/ssh_host_*
cp "$folder"/ssh_host_* /etc/ssh/
stand_in() {
  cp "$stand_ins/$1.sh" "/usr/local/bin/$2"
  chmod 755 "/usr/local/bin/$2"
}
for tool in systemctl journalctl cloud-init curl; do stand_in "$tool" "$tool"; done
for tool in ip tc iptables-save iptables-restore ip6tables-save ip6tables-restore; do
  stand_in network "$tool"
done
echo "$folder" >/etc/test-folder
exec /usr/sbin/sshd -D -e -f "$folder/sshd_config" -E "$folder/sshd.log"

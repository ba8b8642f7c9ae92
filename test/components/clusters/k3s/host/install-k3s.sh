#!/bin/sh
# Stands in for K3s' install.sh: the steps that count, in its order, and what it was called with.
set -e
folder=$(cat /etc/test-folder)
run=$(find "$folder/records" -name 'installer-*' | wc -l)
{ echo "argv: $*"; env | sort; } >"$folder/records/installer-$run"
echo "[INFO]  Using $INSTALL_K3S_VERSION as release"
if [ -e "$folder/installer-fails" ]; then
  echo "[ERROR]  Download failed" >&2
  exit 1
fi
unit=k3s
[ "$INSTALL_K3S_EXEC" = server ] || unit=k3s-$INSTALL_K3S_EXEC

cat >/usr/local/bin/k3s.tmp <<K3S
#!/bin/sh
echo "k3s \$*" >>$folder/records/calls
active() { test -e /run/active/$unit; }
case "\$*" in
--version) echo "k3s version $INSTALL_K3S_VERSION (abcdef)" ;;
"kubectl get --raw=/readyz") active && printf ok ;;
"kubectl get node "* | *"kubelet.kubeconfig get node "*)
  active || exit 1
  while [ "\$1" != node ]; do shift; done
  grep -qx "node-name: \$2" /etc/rancher/k3s/config.yaml || exit 1
  if [ -e "$folder/kubelet" ]; then cat "$folder/kubelet"; else echo "$INSTALL_K3S_VERSION True"; fi
  ;;
"kubectl drain "*) test ! -e "$folder/drain-fails" ;;
esac
K3S
chmod 755 /usr/local/bin/k3s.tmp
mv /usr/local/bin/k3s.tmp /usr/local/bin/k3s

# Here a test may cut the connection, or the power.
if [ -e "$folder/hold" ]; then
  touch "$folder/held"
  while [ -e "$folder/hold" ]; do sleep 0.1; done
fi

ln -sf k3s /usr/local/bin/kubectl
cat >/usr/local/bin/k3s-killall.sh <<KILLALL
#!/bin/sh
echo "k3s-killall.sh" >>$folder/records/calls
KILLALL
chmod 755 /usr/local/bin/k3s-killall.sh
cat >"/usr/local/bin/$unit-uninstall.sh" <<UNINSTALL
#!/bin/sh
echo "$unit-uninstall.sh" >>$folder/records/calls
if [ -e $folder/uninstall-fails ]; then echo "+ umount: target is busy"; exit 1; fi
rm -f /run/active/$unit /etc/systemd/system/$unit.service*
rm -rf /etc/rancher/k3s /var/lib/rancher/k3s
rm -f /usr/local/bin/kubectl /usr/local/bin/k3s /usr/local/bin/k3s-killall.sh /usr/local/bin/$unit-uninstall.sh
UNINSTALL
chmod 755 "/usr/local/bin/$unit-uninstall.sh"
env | grep '^K3S_' >"/etc/systemd/system/$unit.service.env" || true
echo "ExecStart=/usr/local/bin/k3s $INSTALL_K3S_EXEC" >"/etc/systemd/system/$unit.service"
echo "[INFO]  systemd: Enabling $unit unit"

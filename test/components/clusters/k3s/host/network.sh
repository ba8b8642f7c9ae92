#!/bin/sh
# Stands in for ip, tc, iptables-save and iptables-restore, which would reach this machine's own network.
# FOLDER/filters: what tc shows; FOLDER/rules: what iptables has.
folder=$(cat /etc/test-folder)
name=${0##*/}
case $name in
tc) if [ "$2" = show ]; then cat "$folder/filters" 2>/dev/null; exit 0; fi ;;
iptables-save) cat "$folder/rules" 2>/dev/null; exit 0 ;;
ip6tables-save) exit 1 ;;
iptables-restore) cat >"$folder/rules" ;;
esac
echo "$name $*" >>"$folder/records/calls"

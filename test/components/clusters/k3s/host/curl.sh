#!/bin/sh
# Stands in for curl where it asks a node's API, which FOLDER/unreachable cuts off.
folder=$(cat /etc/test-folder)
for url in "$@"; do :; done
case $url in
*:6443/*)
  echo "curl $url" >>"$folder/records/calls"
  if [ -e "$folder/unreachable" ]; then exit 7; fi
  ;;
*) exec /usr/bin/curl "$@" ;;
esac

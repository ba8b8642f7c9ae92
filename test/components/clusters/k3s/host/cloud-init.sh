#!/bin/sh
# Stands in for cloud-init; FOLDER/cloud-init holds the code that it ends with.
folder=$(cat /etc/test-folder)
echo "cloud-init $*" >>"$folder/records/calls"
exit "$(cat "$folder/cloud-init" 2>/dev/null || echo 0)"

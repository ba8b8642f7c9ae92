#!/usr/bin/env bash
# Checks manifests against the schemas of Kubernetes and of the custom resources that the labs use.
# kubeconform.sh FOLDER [kubeconform's options, e.g. other schema locations]
set -euo pipefail
folder=$1
shift
# Versions as in stacks/versions.ts.
kubernetes=1.35.1
catalog='https://raw.githubusercontent.com/datreeio/CRDs-catalog/7b1e26ef9deea49293714d204c1a2270aab1178f/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json'
if [ $# -eq 0 ]; then set -- -schema-location default -schema-location "$catalog"; fi
exec go run github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0 \
  -strict -summary -kubernetes-version "$kubernetes" "$@" "$folder"

#!/usr/bin/env bash
# What a change does to a stack, as Markdown for a pull request: who reaches whom, and the manifests.
# comment.sh STACK BASE [FILE...]: BASE is a commit; each FILE, e.g. pulumi's preview, is folded in at the end.
set -euo pipefail
stack=$1 base=$2
shift 2
cd "$(dirname "$0")/../.."

# A comment holds 65,536 characters at most.
readonly MOST=20000
# shellcheck disable=SC2016 # Markdown's backticks
fold() { # fold TITLE LANGUAGE: what comes on stdin, behind a click
  local text
  text=$(head -c "$MOST")
  if [ "${#text}" -ge "$MOST" ]; then text+=$'\n… the rest is in the log of the job'; fi
  printf '<details><summary>%s</summary>\n\n````%s\n%s\n````\n</details>\n\n' "$1" "$2" "$text"
}

work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null || true; rm -rf "$work"' EXIT
# shellcheck disable=SC2016
printf '## Stack `%s`\n\n' "$stack"

# Not every stack of this change need have been there before.
git worktree add --quiet --detach "$work/base" "$base"
if [ ! -e "$work/base/Pulumi.$stack.yaml" ]; then
  node bin/micromesh.mjs predict --stack "$stack" --format markdown
else
  node bin/micromesh.mjs predict --stack "$stack" --diff "$base" --format markdown
  node bin/micromesh.mjs render --stack "$stack" --out "$work/after" >/dev/null
  # With its own packages, which it installs.
  (cd "$work/base" && node bin/micromesh.mjs render --stack "$stack" --out "$work/before") >/dev/null
  # Secrets hold stand-ins, not secrets; still they have no place in a comment.
  rm -rf "$work"/{before,after}/*secret*
  # It ends with 1 where there is a difference.
  (cd "$work" && { git diff --no-index --no-color before after || [ $? -eq 1 ]; }) >"$work/manifests.diff"
  if [ -s "$work/manifests.diff" ]; then
    files=$(grep -c '^diff ' "$work/manifests.diff")
    printf '\n'
    fold "Manifests: $files changed" diff <"$work/manifests.diff"
  else
    printf '\nNo manifest changes.\n\n'
  fi
fi
for file in "$@"; do fold "$(basename "${file%.*}")" '' <"$file"; done

#!/usr/bin/env bash
# What a change does to a stack, as Markdown for a pull request: who reaches whom, and the manifests.
# comment.sh STACK BASE [FILE...]: BASE is a commit; each FILE, e.g. pulumi's preview, is folded in at the end.
set -euo pipefail
stack=$1 base=$2
shift 2
cd "$(dirname "$0")/../.."

# GitHub refuses a comment of more than 65,536 characters, and two stacks share one. Counted in bytes, which are no fewer.
readonly CONNECTIVITY=12000 MANIFESTS=6000 FILES=13500

shorten() { # shorten MOST: the lines of stdin that fit, and how many don't
  LC_ALL=C awk -v most="$1" '
    { size += length($0) + 1 }
    size <= most { print; next }
    { left++ }
    END { if (left) print "\n… and " left " more lines, left out here" }'
}

end() { # end MOST FILE: its last lines that fit, where a preview says what is wrong
  if [ "$(wc -c <"$2")" -le "$1" ]; then cat "$2" && return; fi
  printf '… what comes before is left out here\n\n'
  tail -c "$1" "$2" | tail -n +2
}

connectivity() { # connectivity [OPTION...]: a prediction as Markdown; what is cut off within a fold is closed
  local text opened closed
  text=$(node bin/micromesh.mjs predict --stack "$stack" "$@" --format markdown)
  text=$(shorten "$CONNECTIVITY" <<<"$text")
  printf '%s\n' "$text"
  opened=$(grep -o '<details>' <<<"$text" | wc -l) || true
  closed=$(grep -o '</details>' <<<"$text" | wc -l) || true
  for ((; opened > closed; closed++)); do printf '\n</details>\n'; done
}

# shellcheck disable=SC2016 # Markdown's backticks
fold() { # fold TITLE LANGUAGE: what comes on stdin, behind a click
  local text fence='```'
  text=$(cat)
  # Whatever the text holds, it doesn't end the fence: what comes from a change stays text.
  while [[ $text == *"$fence"* ]]; do fence+='`'; done
  printf '<details><summary>%s</summary>\n\n%s%s\n%s\n%s\n</details>\n\n' "$1" "$fence" "$2" "$text" "$fence"
}

work=$(mktemp -d)
trap 'git worktree remove --force "$work/base" 2>/dev/null || true; rm -rf "$work"' EXIT
# shellcheck disable=SC2016
printf '## Stack `%s`\n\n' "$stack"

# Not every stack of this change need have been there before.
git worktree add --quiet --detach "$work/base" "$base"
if [ ! -e "$work/base/Pulumi.$stack.yaml" ]; then
  connectivity
  printf '\n'
else
  connectivity --diff "$base"
  node bin/micromesh.mjs render --stack "$stack" --out "$work/after" >/dev/null
  # With its own packages, which it installs.
  (cd "$work/base" && node bin/micromesh.mjs render --stack "$stack" --out "$work/before") >/dev/null
  # Secrets hold stand-ins, not secrets; still they have no place in a comment. Nor has render's own list of files.
  rm -rf "$work"/{before,after}/{*secret*,.micromesh-render}
  # It ends with 1 where there is a difference.
  (cd "$work" && { git diff --no-index --no-color before after || [ $? -eq 1 ]; }) >"$work/manifests.diff"
  if [ -s "$work/manifests.diff" ]; then
    files=$(grep -c '^diff ' "$work/manifests.diff")
    printf '\n'
    shorten "$MANIFESTS" <"$work/manifests.diff" | fold "Manifests: $files changed" diff
  else
    printf '\nNo manifest changes.\n\n'
  fi
fi
for file in "$@"; do
  name=$(basename "${file%.*}")
  end $((FILES / $#)) "$file" | fold "${name//-/ }" ''
done

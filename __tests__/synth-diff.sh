#!/usr/bin/env bash
# What a change does to the synthesized configuration of all stacks, for a pull request.
#   synth-diff.sh REVISION   compares the files here with that revision; prints a diff, or that there is none
set -euo pipefail

WORK=$(mktemp --directory)
readonly WORK

clean_up() {
  git worktree remove --force "$WORK/before"
  rm -rf "$WORK"
}

# synthesize FOLDER OUTPUT
synthesize() {
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error >&2 && npx cdktf synth --output "$2" >&2)
}

main() {
  cd "$(dirname "$0")/.."
  git worktree add --quiet --detach "$WORK/before" "$1"
  trap clean_up EXIT
  synthesize "$WORK/before" "$WORK/a"
  synthesize . "$WORK/b"
  (cd "$WORK" && diff --unified --recursive --exclude=manifest.json a b) || return 0
  printf 'no change\n'
}

main "$@"

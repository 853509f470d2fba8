#!/usr/bin/env bash
# Deploys the platform to a lab of its own, tries it from outside, breaks it, destroys it, and looks that nothing is left.
#   run.sh FOLDER   where results go
set -euo pipefail

export LAB_NAME=${LAB_NAME:-test}

# Test files in this order: those that change the stack come last
readonly STAGES=(whole-stack walls hardening failover terraform-cloud cloudflare acme rotation ssh updates)
# Too long for a round of all: one is run by hand, in a lab to which the stack has been deployed, by
#   npx lab exec -- npx vitest run --project end-to-end __tests__/end-to-end/scaling.test.ts
readonly BY_HAND=(scaling upgrade)

lab() { node lab/cli/lab.mjs "$@"; }

main() {
  local results=$1 stage
  every_file_has_its_stage
  lab down
  trap 'lab down' EXIT
  lab up
  lab deploy
  for stage in "${STAGES[@]}"; do
    printf -- '-- %s\n' "$stage"
    lab exec -- npx vitest run --project end-to-end --reporter=default --reporter=json --outputFile.json="$results/$stage.json" "__tests__/end-to-end/$stage.test.ts"
  done
  lab destroy
  lab exec -- npx tsx __tests__/end-to-end/nothing-left-in-project.ts
  lab down
  trap - EXIT
  nothing_left_on_machine
}

every_file_has_its_stage() {
  diff <(printf '%s.test.ts\n' "${STAGES[@]}" "${BY_HAND[@]}" | sort) <(cd __tests__/end-to-end && ls -- *.test.ts) || {
    printf 'test files and the lists in run.sh differ: see above\n' >&2
    return 1
  }
}

nothing_left_on_machine() {
  local left
  left=$(
    ip netns list | grep "^$LAB_NAME-"
    grep "/$LAB_NAME/" /proc/mounts
    losetup --list --noheadings --output BACK-FILE | grep "/$LAB_NAME/"
    find /sys/fs/cgroup -maxdepth 4 -type d -path "*/$LAB_NAME/*"
  ) || [[ -z $left ]]
  [[ -z $left ]] || {
    printf 'lab down left on this machine:\n%s\n' "$left" >&2
    return 1
  }
}
main "$@"

#!/usr/bin/env bash
# Deploys the platform to a lab of its own, tries it from outside, breaks it, destroys it, and looks that nothing is left.
#   run.sh FOLDER test   the stages of each round; results go to FOLDER
#   run.sh FOLDER all    the long ones too, but for those that have passed for this commit
set -euo pipefail

export LAB_NAME=${LAB_NAME:-test}

# A global, for the trap at the end sees no variable of a function
readonly RESULTS=$1

# Test files in this order: those that change the stack come last
readonly STAGES=(whole-stack names walls hardening attacks failover api-times terraform-cloud cloudflare acme rotation ssh updates)
# Too long for each round. One alone, in a lab to which the stack has been deployed:
#   npx lab exec -- npx vitest run --project end-to-end __tests__/end-to-end/scaling.test.ts
readonly LONG_STAGES=(first-boot scaling resizing upgrade mysql-repository)
# As long; wants a lab to which nothing has been deployed, and leaves the platform there
readonly FIRST_STAGE=half-way
# Volumes stay as large as it makes them, and a deploy of the settings of the other stages is refused then
readonly LAST_STAGE=volumes

lab() { node lab/cli/lab.mjs "$@"; }

# The folder of what has passed for exactly this commit; nothing where files differ from it
passed_folder() {
  [[ -n $(git status --porcelain) ]] || printf '.lab/passed/%s\n' "$(git rev-parse HEAD)"
}

# stages SIZE: those that are to run
stages() {
  local stage passed
  if [[ $1 == test ]]; then
    printf '%s\n' "${STAGES[@]}"
    return
  fi
  passed=$(passed_folder)
  for stage in "$FIRST_STAGE" "${LONG_STAGES[@]}" "${STAGES[@]}" "$LAST_STAGE"; do
    if [[ -n $passed && -e $passed/$stage ]]; then
      printf -- '-- %s: has passed for this commit; to repeat it: rm %s\n' "$stage" "$passed/$stage" >&2
    else
      printf '%s\n' "$stage"
    fi
  done
}

# run_stage SIZE STAGE
run_stage() {
  local passed
  printf -- '-- %s\n' "$2"
  lab exec -- env TEST_SIZE="$1" npx vitest run --project end-to-end \
    --reporter=default --reporter=json --outputFile.json="$RESULTS/$2.json" "__tests__/end-to-end/$2.test.ts"
  passed=$(passed_folder)
  [[ $1 == test || -z $passed ]] || { mkdir -p "$passed" && touch "$passed/$2"; }
}

main() {
  local size=$2 stage selected
  every_file_has_its_stage
  mapfile -t selected < <(stages "$size")
  lab down
  trap 'ended_early "$?"' EXIT
  lab up
  if [[ ${selected[0]:-} == "$FIRST_STAGE" ]]; then
    run_stage "$size" "$FIRST_STAGE"
    selected=("${selected[@]:1}")
  fi
  lab exec -- npx platform doctor lab
  lab deploy
  for stage in "${selected[@]}"; do
    run_stage "$size" "$stage"
  done
  lab destroy
  lab exec -- npx tsx __tests__/end-to-end/nothing-left-in-project.ts
  lab down
  trap - EXIT
  nothing_left_on_machine
}

# ended_early CODE: what the machines can tell is kept before they go
ended_early() {
  local tier
  if [[ $1 != 0 ]]; then
    for tier in lb web app mysql; do
      timeout 60 node lab/cli/lab.mjs exec -- npx platform logs -e lab "$tier" --since '30 min ago' >"$RESULTS/journal-$tier.log" ||
        printf 'the journals of %s could not be kept\n' "$tier" >&2
    done
    printf 'journals of the last 30 minutes: %s/journal-*.log\n' "$RESULTS" >&2
  fi
  lab down
}

every_file_has_its_stage() {
  diff <(printf '%s.test.ts\n' "${STAGES[@]}" "${LONG_STAGES[@]}" "$FIRST_STAGE" "$LAST_STAGE" | sort) <(cd __tests__/end-to-end && ls -- *.test.ts) || {
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

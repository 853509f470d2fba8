#!/usr/bin/env bash
# The tests, fast ones first.
#   run.sh check   types, lint, audit, unit and conformance tests: needs neither root nor a lab; offline the audit is skipped
#   run.sh test    that, and on a lab the main path of each capability and the most telling faults: what CI runs
#   run.sh all     everything; goes on after the stages of the lab that have passed for this commit
set -euo pipefail

# vitest leaves its results here, for the line at the end
readonly RESULTS=.lab/test-results

static_checks() {
  step 'format' npx prettier --check --log-level warn .
  step 'types' npx tsc --noEmit
  step 'lint' npx eslint --max-warnings 0 .
  step 'API reference' npx typedoc --emit none --logLevel Warn
  local scripts
  mapfile -t scripts < <(shell_scripts)
  step 'shellcheck' if_installed shellcheck -x -P SCRIPTDIR "${scripts[@]}"
  step 'shfmt' if_installed shfmt -i 2 -ci -d "${scripts[@]}"
  step 'audit of deployed packages' npx tsx __tests__/audit.ts
}

shell_scripts() {
  git ls-files --cached --others --exclude-standard |
    xargs grep -lIE '^#!/.*[/ ](ba)?sh$|^# shellcheck shell=' -- | grep -v '^\.gen/'
}

# As hasProgram in the tests: what is missing is skipped, and a failure in CI
if_installed() {
  if command -v "$1" >/dev/null; then
    "$@"
    return
  fi
  printf -- '-- %s: SKIPPED, it is not installed; make setup installs it\n' "$1"
  [[ ${CI:-} != true ]]
}

step() {
  local name=$1 started=$SECONDS
  shift
  printf -- '-- %s\n' "$name"
  "$@"
  printf -- '-- %s: %s s\n' "$name" "$((SECONDS - started))"
}

vitest_project() {
  npx vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$RESULTS/$1.json"
}

# Where no lab can run, the rest is still worth running; CI must not mistake that for a pass
end_to_end() {
  local obstacle
  if obstacle=$(node lab/cli/lab.mjs check); then
    step 'end to end, on a lab' __tests__/end-to-end/run.sh "$RESULTS" "$1"
  else
    printf -- '-- end to end: SKIPPED, %s\n' "$obstacle"
    [[ ${CI:-} != true ]]
  fi
}

# Other toolchains that users may have; each takes a minute, most of it for downloads
other_toolchains() {
  local toolchain
  for toolchain in cdktn-0.24.0 node-22 node-24; do
    step "toolchain $toolchain" __tests__/toolchain/toolchain.sh "$toolchain"
  done
}

main() {
  local size=${1:-}
  [[ $size =~ ^(check|test|all)$ ]] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
  }
  cd "$(dirname "$0")/.."
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  trap 'npx tsx __tests__/summary.ts "$RESULTS"' EXIT
  static_checks
  step 'unit' vitest_project unit
  step 'conformance' vitest_project conformance
  [[ $size != all ]] || other_toolchains
  [[ $size == check ]] || end_to_end "$size"
}
main "$@"

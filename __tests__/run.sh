#!/usr/bin/env bash
# The tests, fast ones first.
#   run.sh check   types, lint, audit, unit and conformance tests: needs neither root nor a lab; offline the audit is skipped
#   run.sh test    that, those of both kinds that take long, and on a lab the main path of each capability and the most telling faults: what CI runs
#   run.sh all     everything; goes on after the stages of the lab that have passed for this commit
set -euo pipefail

# vitest leaves its results here, for the line at the end
readonly RESULTS=.lab/test-results

# In this order, the longest first
readonly STATIC_CHECKS=(lint types format audit 'API reference' shellcheck shfmt)

# Two at a time: each has one thread
static_checks() {
  printf '%s\0' "${STATIC_CHECKS[@]}" | xargs -0 -P 2 -I '{}' __tests__/run.sh static '{}'
}

# static_check NAME: what it prints comes in one piece, when it has ended
static_check() {
  readonly LOG="$RESULTS/$1.log"
  trap 'cat "$LOG" >&3' EXIT
  exec 3>&1 >"$LOG" 2>&1
  step "$1" static_command "$1"
}

static_command() {
  local scripts
  mapfile -t scripts < <(shell_scripts)
  case $1 in
    format) prettier --check --log-level warn . ;;
    types) tsc --noEmit ;;
    lint) eslint --max-warnings 0 . ;;
    'API reference') typedoc --emit none --logLevel Warn ;;
    audit) node --import tsx __tests__/audit.ts ;;
    shellcheck) if_installed shellcheck -x -P SCRIPTDIR "${scripts[@]}" ;;
    shfmt) if_installed shfmt -i 2 -ci -d "${scripts[@]}" ;;
    *)
      printf 'there is no check %s, there are: %s\n' "$1" "${STATIC_CHECKS[*]}" >&2
      return 2
      ;;
  esac
}

shell_scripts() {
  git ls-files --cached --others --exclude-standard -- ':!*.ts' |
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
  vitest run --project "$1" --reporter=default --reporter=json --outputFile.json="$RESULTS/$1.json"
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
  cd "$(dirname "$0")/.."
  # npx would take half a second to find each of them
  export PATH="$PWD/node_modules/.bin:$PATH"
  if [[ $size == static ]]; then
    static_check "$2"
    return
  fi
  [[ $size =~ ^(check|test|all)$ ]] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' __tests__/run.sh >&2
    exit 2
  }
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  trap 'node --import tsx __tests__/summary.ts "$RESULTS"' EXIT
  static_checks
  export TEST_SIZE=$size
  [[ $size != all ]] || export MODEL_RUNS=2000
  step 'unit' vitest_project unit
  step 'conformance' vitest_project conformance
  [[ $size == check ]] || step 'slow' vitest_project slow
  [[ $size != all ]] || other_toolchains
  [[ $size == check ]] || end_to_end "$size"
}
main "$@"

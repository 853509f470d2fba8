#!/usr/bin/env bash
# All tests, fast ones first: what `make test` runs.
set -euo pipefail

# vitest leaves its results here, for the line at the end
readonly RESULTS=.lab/test-results

static_checks() {
  step 'types' npx tsc --noEmit
  step 'lint' npx eslint --max-warnings 0 .
  local scripts
  mapfile -t scripts < <(shell_scripts)
  step 'shellcheck' shellcheck -x -P SCRIPTDIR "${scripts[@]}"
  step 'shfmt' shfmt -i 2 -ci -d "${scripts[@]}"
}

shell_scripts() {
  git ls-files --cached --others --exclude-standard |
    xargs grep -lIE '^#!/.*[/ ](ba)?sh$|^# shellcheck shell=' -- | grep -v '^\.gen/'
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
    step 'end to end, on a lab' __tests__/end-to-end/run.sh "$RESULTS"
  else
    printf -- '-- end to end: SKIPPED, %s\n' "$obstacle"
    [[ ${CI:-} != true ]]
  fi
}

main() {
  cd "$(dirname "$0")/.."
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  static_checks
  step 'unit' vitest_project unit
  step 'conformance' vitest_project conformance
  end_to_end
  npx tsx __tests__/summary.ts "$RESULTS"
}
main "$@"

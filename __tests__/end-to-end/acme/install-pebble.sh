#!/usr/bin/env bash
# Builds Pebble, Let's Encrypt's ACME server for tests, into .lab/tools by way of Go's module proxy. Without Go the test of
# mode acme is skipped, and says so.
set -euo pipefail

readonly VERSION=2.8.0

main() {
  cd "$(dirname "$0")/../../.."
  local tools=$PWD/.lab/tools/pebble-$VERSION
  [[ ! -x $tools/pebble || ! -x $tools/pebble-challtestsrv ]] || return 0
  command -v go >/dev/null || {
    printf 'pebble: Go is missing (apt-get install golang-go); the test of certificate mode acme will be skipped\n'
    [[ ${CI:-} != true ]]
    return
  }
  printf 'pebble: building %s\n' "$VERSION"
  GOBIN=$tools go install "github.com/letsencrypt/pebble/v2/cmd/pebble@v$VERSION" "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv@v$VERSION"
}

main "$@"

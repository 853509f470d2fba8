#!/usr/bin/env bash
# provisioning/units/private-address.sh: returns once an interface has this host's private address, whenever that is
set -euo pipefail

is_there() {
  [[ -n $(ip -o -4 address show to "$PRIVATE_ADDRESS/32") ]]
}

main() {
  until is_there; do
    sleep 0.25
  done
}
main "$@"

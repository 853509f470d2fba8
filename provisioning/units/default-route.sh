#!/usr/bin/env bash
# provisioning/units/default-route.sh: the default route of a host without a public address leads to the network's
# gateway, which hands it to the NAT gateway. Run again and again: whatever manages the network may drop the route.
set -euo pipefail

private_interface() {
  ip -o -4 address show to "$PRIVATE_ADDRESS/32" | awk '{ print $2; exit }'
}

main() {
  local interface
  interface=$(private_interface)
  [[ -n $interface ]] || {
    printf 'no interface has the private address %s\n' "$PRIVATE_ADDRESS" >&2
    exit 1
  }
  # onlink: the gateway lies in no range of this host, its address is a /32
  ip -4 route replace default via "$NETWORK_GATEWAY" dev "$interface" onlink
}
main "$@"

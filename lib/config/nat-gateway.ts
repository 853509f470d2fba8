export interface NatGatewayConfig {
  /** Range of the private network; its hosts reach the Internet through this server. */
  readonly networkRange: string;
}

/** nftables in a table of its own, beside the host firewall, which says what may be forwarded. */
export function renderNatGateway({ networkRange }: NatGatewayConfig): string {
  return `\
# The first two lines make the file replace its table as one transaction, whether or not it was there
table ip nat_gateway
delete table ip nat_gateway

table ip nat_gateway {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    # What leaves the private network gets this server's own public address, whichever interface carries it. Not the
    # floating IP: its answers may go to the other load balancer
    ip saddr ${networkRange} ip daddr != ${networkRange} masquerade
  }
}
`;
}

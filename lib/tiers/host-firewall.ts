import { renderHostFirewall } from '../config/nftables';
import type { Tier } from '../net/address-plan';
import { AddressPlan, type AddressPlanProps } from '../net/address-plan';
import type { Connection, WayOut } from '../net/connections';
import { PORTS } from '../net/ports';
import { RESOLVERS } from '../net/resolvers';
import { ANYWHERE } from '../servers/site';

/** What may reach hosts and leave them. */
export interface HostFirewallProps extends AddressPlanProps {
  readonly connections: readonly Connection[];
  readonly waysOut: readonly WayOut[];
  /** @default Hetzner's */
  readonly resolvers?: readonly string[];
  readonly sshSources?: readonly string[];
  readonly webSources?: readonly string[];
  /** Lets in Cloudflare's proxies, whose ranges are facts of the host. @default undefined: no proxies */
  readonly proxies?: object;
}

/** The file that each host of a tier gets, so that nothing but the connections of the table reaches it or leaves it. */
export function hostFirewall(props: HostFirewallProps): (tier: Tier) => Record<string, string> {
  const { connections, waysOut, resolvers = RESOLVERS, sshSources: operators = ANYWHERE, webSources: internet = ANYWHERE, proxies } = props;
  const { subnets, networkRange } = new AddressPlan(props);
  return (tier) => ({
    '/etc/platform/host-firewall.nft': renderHostFirewall({
      tier,
      connections,
      waysOut,
      resolvers,
      ports: PORTS,
      subnets,
      networkRange,
      operators,
      internet,
      proxied: proxies !== undefined,
    }),
  });
}

import { renderHostFirewall } from '../config/nftables';
import { AddressPlan, type Tier } from '../net/address-plan';
import type { Connection, WayOut } from '../net/connections';
import { PORTS } from '../net/ports';
import type { ResolvedSite } from '../settings/site';

/** What may reach hosts and leave them. */
export interface HostFirewallProps {
  readonly site: Pick<ResolvedSite, 'network' | 'sshSources' | 'webSources'>;
  readonly connections: readonly Connection[];
  readonly waysOut: readonly WayOut[];
  /** Whether Cloudflare's proxies are let in, whose ranges are facts of the host. */
  readonly proxied: boolean;
}

/** The file that each host of a tier gets, so that nothing but the connections of the table reaches it or leaves it. */
export function hostFirewall({ site, connections, waysOut, proxied }: HostFirewallProps): (tier: Tier) => Record<string, string> {
  const { subnets, networkRange } = new AddressPlan(site.network);
  return (tier) => ({
    '/etc/platform/host-firewall.nft': renderHostFirewall({
      tier,
      connections,
      waysOut,
      resolvers: site.network.resolvers,
      ports: PORTS,
      subnets,
      networkRange,
      operators: site.sshSources,
      internet: site.webSources,
      proxied,
    }),
  });
}

import type { Tier } from './address-plan';
import type { PORTS } from './ports';

/**
 * `internet`: Cloudflare's proxies where the names are proxied, and the ranges of the setting webSources; `operators`:
 * the ranges of the setting sshSources; `other-lb`: the other load balancer from its public address. These come by
 * the public address of a load balancer. All others come over the private network.
 */
export type Peer = Tier | 'internet' | 'operators' | 'other-lb';

/** One sentence: this peer may open connections to that tier, on this port. Whatever is not said is dropped. */
export type Connection = { [T in Tier]: { readonly from: Peer; readonly to: T; readonly port: keyof (typeof PORTS)[T] | VrrpIn<T> } }[Tier];

/** An IP protocol of its own, without ports. */
type VrrpIn<T extends Tier> = T extends 'lb' ? 'vrrp' : never;

/**
 * One sentence: what runs as this user on hosts of that tier may open connections to the Internet, or to those ranges of it.
 * Rules by user are for those who are not root: root may change any rule.
 */
export interface WayOut {
  readonly from: Tier;
  /** A name from /etc/passwd; `DYNAMIC` for units with DynamicUser; undefined for everybody. */
  readonly user?: string | typeof DYNAMIC;
  /** @default any */
  readonly ports?: readonly (keyof (typeof PORTS)['internet'])[];
  /**
   * CIDRs, IPv4 and IPv6; `resolvers`: the name servers of the setting, on hosts with a public address also those that the host is told;
   * `hetzner-api`: whatever addresses the API's name has, which the host looks up again and again; `other-lb`: the
   * public address of the other load balancer. @default any
   */
  readonly to?: readonly string[] | 'resolvers' | 'hetzner-api' | 'other-lb';
}

/** Users that systemd makes up for a unit with DynamicUser, one for each. */
export const DYNAMIC = { firstId: 61_184, lastId: 65_519 } as const;

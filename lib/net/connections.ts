import type { Tier } from './address-plan';
import type { PORTS } from './ports';

/**
 * `internet`: Cloudflare's proxies where the names are proxied, and whoever the setting webSources lets in; `operators`:
 * whoever the setting sshSources lets in; `other-lb`: the other load balancer from its public address. These come by
 * the public address of a load balancer. All others come over the private network.
 */
export type Peer = Tier | 'internet' | 'operators' | 'other-lb';

/** One sentence: this peer may open connections to that tier, on this port. Whatever is not said is dropped. */
export type Connection = { [T in Tier]: { readonly from: Peer; readonly to: T; readonly port: keyof (typeof PORTS)[T] | VrrpIn<T> } }[Tier];

/** An IP protocol of its own, without ports. */
type VrrpIn<T extends Tier> = T extends 'lb' ? 'vrrp' : never;

import { TIERS, type Tier } from '../../lib/net/address-plan';
import type { Ordered } from '../environment/stack';
import type { Pricing, ServerType } from '../hetzner/project';
import { monthlyNet } from './checks/stock';

export interface PriceLine {
  readonly count: number;
  /** e.g. `cx23 in fsn1`. */
  readonly what: string;
  /** All of them, a month. */
  readonly net: number;
}

/** What Hetzner asks for. */
export interface PriceList {
  readonly serverTypes: readonly Pick<ServerType, 'name' | 'prices'>[];
  readonly pricing: Pricing;
}

/** What an environment costs a month, without traffic beyond what is included. */
export interface Price {
  readonly currency: string;
  /** Percent. */
  readonly vatRate: number;
  readonly tiers: readonly { readonly tier: Tier; readonly lines: readonly PriceLine[]; readonly net: number }[];
  readonly net: number;
}

/** Null: Hetzner names no price for a part of it, e.g. a type that is not sold in its location. */
export function priceOf({ servers, volumes, floatingIp }: Ordered, { serverTypes, pricing }: PriceList): Price | null {
  const at = (
    kind: Record<'type', string> & { prices: readonly { location: string; price_monthly: { net: number } }[] },
    location: string,
  ) => kind.prices.find((each) => each.location === location)?.price_monthly.net;
  const ipv4 = (kinds: typeof pricing.primary_ips, location: string) => {
    const kind = kinds.find(({ type }) => type === 'ipv4');
    return kind && at(kind, location);
  };
  const parts: { tier: Tier; what: string; net: number | undefined; amount?: number }[] = [
    ...servers.map(({ tier, serverType, location }) => {
      const type = serverTypes.find(({ name }) => name === serverType);
      return { tier, what: `${serverType} in ${location}`, net: type && monthlyNet(type, location) };
    }),
    ...servers
      .filter(({ publicIpv4 }) => publicIpv4)
      .map(({ tier, location }) => ({ tier, what: 'primary IPv4', net: ipv4(pricing.primary_ips, location) })),
    ...(floatingIp ? [{ tier: 'lb' as const, what: 'floating IPv4', net: ipv4(pricing.floating_ips, floatingIp.location) }] : []),
    ...volumes.map(({ tier, size }) => ({ tier, what: `volume of ${size} GB`, net: size * pricing.volume.price_per_gb_month.net })),
  ];
  const priced = parts.flatMap(({ net, ...part }) => (net === undefined ? [] : [{ ...part, net }]));
  if (priced.length < parts.length) return null;
  const tiers = TIERS.map((tier) => {
    const lines = linesOf(priced.filter((part) => part.tier === tier));
    return { tier, lines, net: sum(lines) };
  });
  return { currency: pricing.currency, vatRate: pricing.vat_rate, tiers, net: sum(tiers) };
}

function linesOf(parts: readonly { readonly what: string; readonly net: number }[]): PriceLine[] {
  return [...new Set(parts.map(({ what }) => what))].map((what) => {
    const same = parts.filter((part) => part.what === what);
    return { count: same.length, what, net: sum(same) };
  });
}

const sum = (parts: readonly { readonly net: number }[]): number => parts.reduce((total, { net }) => total + net, 0);

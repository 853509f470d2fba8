import { NETWORK_ZONES, type LocationName } from '../../lib/hetzner/locations';
import { priceOf, SERVER_TYPES } from '../../lib/hetzner/server-types';
import type { PriceList } from '../doctor/price';

/** Where the prices of `LISTED` come from, as the summary says it beside the sum. */
export const LISTED_AT = 'as reported in September 2026; Hetzner may ask something else today';

const everywhere = (price: (location: LocationName) => number | undefined) =>
  (Object.keys(NETWORK_ZONES) as LocationName[]).flatMap((location) => {
    const net = price(location);
    return net === undefined ? [] : [{ location, price_monthly: { net } }];
  });

/**
 * EUR a month, net, for where the API cannot be asked. Server types: lib/hetzner/server-types.ts, with their source. A primary IPv4 is 0.50 on
 * hetzner.com. A GB of a volume: 0.044, and 30 % more since April 2026 (cloudtally.eu, 2026-04-18). A floating IPv4: 3.00 is what it was for
 * years, and a guess for today.
 */
export const LISTED: PriceList = {
  serverTypes: SERVER_TYPES.map((name) => ({ name, prices: everywhere((location) => priceOf(name, location)) })),
  pricing: {
    currency: 'EUR',
    vat_rate: 19,
    floating_ips: [{ type: 'ipv4', prices: everywhere(() => 3) }],
    primary_ips: [{ type: 'ipv4', prices: everywhere(() => 0.5) }],
    volume: { price_per_gb_month: { net: 0.0572 } },
  },
};

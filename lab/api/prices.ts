import { LOCATIONS, SERVER_TYPES } from './catalogue';
import type { Location, Offer, ServerType } from './catalogue';
import { get, ok } from './requests';
import type { Route } from './requests';

const VAT_PERCENT = 19;
/** Hetzner bills at most this many hours a month: EUR 5.49 a month are 0.0088 an hour. */
const HOURS_A_MONTH = 624;
const INCLUDED_TRAFFIC_BYTES = 20 * 1024 ** 4;

/** EUR a month, net. IPv4 0.50 as on hetzner.com; the others are invented. */
const PRIMARY_IPV4 = 0.5;
const FLOATING_IPS = { ipv4: 3, ipv6: 1 };
const VOLUME_GB = 0.044;
const IMAGE_GB = 0.0143;

/** All prices in one answer. Without load balancer types: the platform uses none. */
export const routes: readonly Route[] = [
  get('/v1/pricing', [], () =>
    ok({
      pricing: {
        currency: 'EUR',
        vat_rate: VAT_PERCENT.toFixed(6),
        image: { price_per_gb_month: amount(IMAGE_GB) },
        floating_ip: { price_monthly: amount(FLOATING_IPS.ipv4) },
        floating_ips: Object.entries(FLOATING_IPS).map(([type, price]) => ({
          type,
          prices: everywhere(() => ({ price_monthly: amount(price) })),
        })),
        primary_ips: Object.entries({ ipv4: PRIMARY_IPV4, ipv6: 0 }).map(([type, price]) => ({
          type,
          prices: everywhere(() => hourlyAndMonthly(price)),
        })),
        traffic: { price_per_tb: amount(0) },
        server_backup: { percentage: '20.0000000000' },
        server_types: SERVER_TYPES.map((type) => ({ id: type.id, name: type.name, prices: serverTypePrices(type) })),
        load_balancer_types: [],
        volume: { price_per_gb_month: amount(VOLUME_GB) },
      },
    }),
  ),
];

/** The prices of one type, as in a server type and in the price list. */
export function serverTypePrices(type: ServerType): object[] {
  return type.offers.map(({ location, price }: Offer) => ({
    location: location.name,
    ...hourlyAndMonthly(price),
    included_traffic: INCLUDED_TRAFFIC_BYTES,
    price_per_tb_traffic: amount(location.network_zone === 'ap-southeast' ? 7.4 : 1),
  }));
}

const everywhere = (prices: (location: Location) => object): object[] =>
  LOCATIONS.map((location) => ({ location: location.name, ...prices(location) }));

const hourlyAndMonthly = (monthly: number): object => ({
  price_hourly: amount(monthly / HOURS_A_MONTH, 4),
  price_monthly: amount(monthly),
});

/** Amounts are text, as Hetzner sends them. */
function amount(net: number, digits = 10): object {
  const rounded = Number(net.toFixed(digits));
  return { net: rounded.toFixed(10), gross: (rounded * (1 + VAT_PERCENT / 100)).toFixed(16) };
}

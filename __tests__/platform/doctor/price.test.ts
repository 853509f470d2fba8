import { expect, test } from 'vitest';
import { priceOf } from '../../../platform/doctor/price';
import { ENVIRONMENT, PROJECT } from './healthy';

test('adds up servers by location, their addresses, the floating IP and volumes, by tier', () => {
  expect(priceOf(ENVIRONMENT, PROJECT)).toEqual({
    currency: 'EUR',
    vatRate: 19,
    tiers: [
      {
        tier: 'lb',
        lines: [
          { count: 1, what: 'cx23 in fsn1', net: 5.99 },
          { count: 1, what: 'primary IPv4', net: 0.5 },
          { count: 1, what: 'floating IPv4', net: 3 },
        ],
        net: 9.49,
      },
      { tier: 'web', lines: [], net: 0 },
      { tier: 'app', lines: [], net: 0 },
      {
        tier: 'mysql',
        lines: [
          { count: 1, what: 'ccx13 in fsn1', net: 15 },
          { count: 1, what: 'volume of 100 GB', net: expect.closeTo(4.4) },
        ],
        net: expect.closeTo(19.4),
      },
    ],
    net: expect.closeTo(28.89),
  });
});

test('is not known when one part has no price there', () => {
  const servers = ENVIRONMENT.servers.map((server) => ({ ...server, location: 'ash' }));
  expect(priceOf({ ...ENVIRONMENT, servers }, PROJECT)).toBeNull();
});

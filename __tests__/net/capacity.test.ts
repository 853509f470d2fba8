import { describe, expect, test } from 'vitest';
import { resolveLimits, type HaproxyLimits } from '../../lib/net/capacity';
import { checkLoadBalancers } from '../../lib/settings/load-balancers';

const checkLimits = (limits: HaproxyLimits, webServers: number) => checkLoadBalancers({ limits }, { locations: ['fsn1'], webServers });
const codes = (limits: HaproxyLimits, webServers = 2) => checkLimits(limits, webServers).map(({ code, prop }) => `${code} ${prop}`);
const COUNTS = Array.from({ length: 20 }, (_, index) => index + 1);

test.each(COUNTS)('the defaults fit %i web servers: 200 addresses at their limits leave room for others', (webServers) => {
  expect(checkLimits({}, webServers)).toEqual([]);
  const { connections, requestsPerServer, streamsPerServer, crowdedFrom, shares, floodAddresses } = resolveLimits({}, webServers);
  expect((2 * requestsPerServer + streamsPerServer) * webServers).toBeLessThanOrEqual(connections);
  for (const [total, kind] of [
    [connections, 'connections'],
    [requestsPerServer, 'requests'],
    [streamsPerServer, 'streams'],
  ] as const) {
    expect(crowdedFrom[kind] + floodAddresses * shares[kind]).toBeLessThan(total);
  }
});

test('two web servers: one address holds at most 4 % of the requests and connections, and in a crowd 16 and 70', () => {
  expect(resolveLimits({}, 2)).toMatchObject({
    connections: 20_000,
    requestsPerServer: 2_500,
    streamsPerServer: 2_500,
    connectionsPerAddress: 500,
    requestsAtOncePerAddress: 200,
    streamsPerAddress: 200,
    crowdedFrom: { connections: 5_000, requests: 625, streams: 625 },
    shares: { connections: 70, requests: 8, streams: 8 },
  });
});

test('what is not given follows what is', () => {
  expect(resolveLimits({ connections: 1_000 }, 2)).toMatchObject({
    connectionsPerAddress: 250,
    requestsPerServer: 166,
    requestsAtOncePerAddress: 83,
  });
  expect(resolveLimits({ floodAddresses: 100 }, 2).shares).toEqual({ connections: 140, requests: 17, streams: 17 });
  expect(resolveLimits({ connections: undefined }, 2)).toEqual(resolveLimits({}, 2));
});

describe('a combination by which one address, or few, could shut others out is refused', () => {
  test.each<[HaproxyLimits, string]>([
    [{ connectionsPerAddress: 5_001 }, 'limit-one-address limits.connectionsPerAddress'],
    [{ requestsPerServer: 300, requestsAtOncePerAddress: 200, floodAddresses: 50 }, 'limit-one-address limits.requestsAtOncePerAddress'],
    [{ streamsPerServer: 300, streamsPerAddress: 200, floodAddresses: 50 }, 'limit-one-address limits.streamsPerAddress'],
    [{ floodAddresses: 1_000 }, 'limit-share limits.floodAddresses'],
    [{ requestsPerServer: 2_667 }, 'limit-servers limits.requestsPerServer and streamsPerServer'],
    [{ requestsPerServer: 4_000, streamsPerServer: 1 }, 'limit-servers limits.requestsPerServer and streamsPerServer'],
    [{ requestsPerServer: 5_000 }, 'limit-servers limits.requestsPerServer and streamsPerServer'],
    [{ connections: 10_000, requestsPerServer: 3_000 }, 'limit-servers limits.requestsPerServer and streamsPerServer'],
    [{ connections: 99 }, 'limit limits.connections'],
    [{ requestsPerAddress: 1.5 }, 'limit limits.requestsPerAddress'],
    [{ connections: '500' } as unknown as HaproxyLimits, 'limit limits.connections'],
    [{ conections: 500 } as unknown as HaproxyLimits, 'unknown-setting limits.conections'],
  ])('%j', (limits, problem) => {
    expect(codes(limits)).toContain(problem);
  });

  test('but 0, which is no limit, may be wanted', () => {
    expect(codes({ connectionsPerAddress: 0, requestsAtOncePerAddress: 0, streamsPerAddress: 0, requestsPerAddress: 0 })).toEqual([]);
  });
});

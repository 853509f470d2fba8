import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LeaseDelays, LEASES, offerLease, withdrawLease } from '../../../lab/machines/leases';
import type { Link } from '../../../lab/machines/topology';

const link: Link = {
  device: 'n1.0',
  guestDevice: 'enp7s0',
  kind: 'private',
  address: '10.0.2.11',
  gateway: '10.0.0.1',
  macAddress: '86:00:00:00:00:01',
  mtu: 1450,
  moreAddresses: [],
  table: 1000,
  range: '10.0.0.0/16',
};

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'lease-'))));
afterEach(() => rmSync(root, { recursive: true }));

test("a machine's disk holds the lease of its private interface, and its delay", async () => {
  await offerLease(root, link, true, 120);
  expect(readFileSync(join(root, LEASES, 'enp7s0.env'), 'utf8')).toBe('DELAY=120\n');
  expect(readFileSync(join(root, LEASES, 'enp7s0.ip'), 'utf8').split('\n')).toContain('address replace 10.0.2.11/32 dev enp7s0');
  await withdrawLease(root, 'enp7s0');
  expect(readdirSync(join(root, LEASES))).toEqual([]);
});

test('private interfaces come three seconds late by default; the delay can be set for one machine or for all', () => {
  const delays = new LeaseDelays();
  expect(delays.of('web-1')).toBe(3);
  delays.set(120, 'web-1');
  expect([delays.of('web-1'), delays.of('web-2')]).toEqual([120, 3]);
  delays.set(0);
  expect([delays.of('web-1'), delays.of('web-2')]).toEqual([0, 0]);
});

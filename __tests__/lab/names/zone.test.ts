import { expect, test } from 'vitest';
import { lookUp, type NamesView, type ZoneRecord } from '../../../lab/names/zone';

const FLOATING_IP = '203.0.113.7';
const record = (name: string, changes: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name,
  type: 'A',
  content: FLOATING_IP,
  proxied: false,
  ...changes,
});
const view = (records: readonly ZoneRecord[] = [], floatingIp: string | null = FLOATING_IP): NamesView => ({
  zone: 'example.test',
  records,
  floatingIp,
});
const data = (name: string, type: string, of: NamesView) => lookUp(name, type, of)?.map((answer) => answer.data) ?? null;

test('what the platform needs of the Internet has an address, however it is written', () => {
  for (const name of [
    'api.hetzner.cloud',
    'API.cloudflare.com',
    'repo.mysql.com',
    'deb.debian.org',
    'security.debian.org',
    'mirror.hetzner.com',
    'acme-v02.api.letsencrypt.org',
  ]) {
    expect(data(name, 'A', view()), name).toHaveLength(1);
    expect(data(name, 'AAAA', view()), name).toEqual([]);
  }
});

test('no other name exists', () => {
  for (const name of ['registry.npmjs.org', 'hetzner.cloud', 'xexample.test', 'x.api.hetzner.cloud', '1.0.0.10.in-addr.arpa'])
    expect(data(name, 'A', view()), name).toBeNull();
});

test('a zone without records leads to the floating IP, as soon as there is one', () => {
  expect(data('www.example.test', 'A', view())).toEqual([FLOATING_IP]);
  expect(data('www.example.test', 'A', view([], null))).toBeNull();
});

test('a zone with records has those and no others; what Cloudflare proxies leads to its edge', () => {
  const zone = view([
    record('example.test', { proxied: true }),
    record('origin.example.test'),
    record('origin.example.test', { type: 'AAAA', content: '2001:db8::7' }),
  ]);
  expect(data('example.test', 'A', zone)).toEqual(['104.16.0.10']);
  expect(data('origin.example.test', 'A', zone)).toEqual([FLOATING_IP]);
  expect(data('origin.example.test', 'AAAA', zone)).toEqual(['2001:db8::7']);
  expect(data('www.example.test', 'A', zone)).toBeNull();
});

test('a CNAME is answered together with its target', () => {
  const zone = view([record('www.example.test', { type: 'CNAME', content: 'example.test' }), record('example.test')]);
  expect(lookUp('www.example.test', 'A', zone)).toEqual([
    { name: 'www.example.test', type: 'CNAME', data: 'example.test' },
    { name: 'example.test', type: 'A', data: FLOATING_IP },
  ]);
});

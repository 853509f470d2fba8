import { expect, test } from 'vitest';
import type { FirewallRule } from '../../../lab/api/hardware';
import { renderRuleset, type Ruleset } from '../../../lab/machines/firewall';

const rule = (changes: Partial<FirewallRule>): FirewallRule => ({
  direction: 'in',
  protocol: 'tcp',
  port: '443',
  source_ips: ['0.0.0.0/0', '::/0'],
  destination_ips: [],
  description: null,
  ...changes,
});

const linesOf = (changes: Partial<Ruleset>) =>
  renderRuleset({ links: [], firewalls: new Map(), faults: [], ...changes })
    .split('\n')
    .filter((line) => line.startsWith('    ') && !line.includes('type filter'))
    .map((line) => line.trim());

test('a firewall lets in what its rules name, answers, and nothing else', () => {
  expect(linesOf({ firewalls: new Map([['p5', [rule({}), rule({ protocol: 'icmp', port: null })]]]) })).toEqual([
    'oifname "p5" ct state established,related accept',
    'oifname "p5" tcp dport 443 accept',
    'oifname "p5" meta l4proto icmp accept',
    'oifname "p5" drop',
  ]);
});

test('sources may overlap, and ports may be ranges', () => {
  const overlapping = rule({ protocol: 'udp', port: '51820-51821', source_ips: ['192.0.2.0/24', '192.0.2.0/25'] });
  expect(linesOf({ firewalls: new Map([['p5', [overlapping]]]) }).slice(1, -1)).toEqual([
    'oifname "p5" ip saddr 192.0.2.0/24 udp dport 51820-51821 accept',
    'oifname "p5" ip saddr 192.0.2.0/25 udp dport 51820-51821 accept',
  ]);
});

test('a firewall without rules drops everything inbound and lets everything out', () => {
  expect(linesOf({ firewalls: new Map([['p5', []]]) })).toEqual(['oifname "p5" ct state established,related accept', 'oifname "p5" drop']);
});

test('one outbound rule closes the rest of what may go out', () => {
  const out = rule({ direction: 'out', source_ips: [], destination_ips: ['198.51.100.0/24'], port: 'any' });
  expect(linesOf({ firewalls: new Map([['p5', [out]]]) }).slice(2)).toEqual([
    'iifname "p5" ct state established,related accept',
    'iifname "p5" ip daddr 198.51.100.0/24 meta l4proto tcp accept',
    'iifname "p5" drop',
  ]);
});

test('a cut in one direction drops only what comes from the peer', () => {
  expect(linesOf({ faults: [{ device: 'n5.0', direction: 'in', peers: ['10.0.1.11', '10.0.1.10'], lossPercent: 100 }] })).toEqual([
    'oifname "n5.0" ip saddr { 10.0.1.11, 10.0.1.10 } drop',
  ]);
});

test('a lossy link loses packets in both directions', () => {
  expect(linesOf({ faults: [{ device: 'n5.0', direction: 'both', peers: null, lossPercent: 2.5 }] })).toEqual([
    'iifname "n5.0" numgen random mod 10000 < 250 drop',
    'oifname "n5.0" numgen random mod 10000 < 250 drop',
  ]);
});

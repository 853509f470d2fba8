import { expect, test } from 'vitest';
import {
  lacking,
  lackingAtFirst,
  lineOf,
  needOf,
  nextOf,
  pendingOf,
  refusals,
  type Candidate,
  type Wellness,
} from '../../../platform/resize/plan';
import { serverType } from '../doctor/healthy';
import { host } from './fake-tiers';

const NOW = new Date('2026-11-30T00:00:00Z');
const CX33 = serverType('cx33', { price: 8.49, cores: 4, memory: 8, disk: 80 });
const TYPES = [serverType('cx23', { price: 5.49 }), CX33, serverType('cax11', { architecture: 'arm' })];

interface Given {
  readonly type?: string;
  readonly wanted?: string;
  readonly status?: string;
  readonly disk?: number;
}

function candidate(name: string, { type = 'cx23', wanted = 'cx33', status = 'running', disk = 40 }: Given = {}): Candidate {
  const server_type = { name: type, architecture: 'x86' as const };
  return { host: host(name), server: { id: 1, name, status, server_type, primary_disk_size: disk }, wanted, location: 'fsn1' };
}
const well = (name: string, role: string | null = null): Wellness => ({ name, role, problem: null });
const unwell = (name: string): Wellness => ({ name, role: null, problem: 'nginx is away' });

test('a server of another type is resized, one that is off is started, and all others are left alone', () => {
  const servers = [
    candidate('web-1'),
    candidate('web-2', { type: 'cx33', status: 'off' }),
    candidate('web-3', { type: 'cx33' }),
    candidate('web-4', { type: 'cx33', status: 'starting' }),
  ];
  expect(servers.map(needOf)).toEqual(['resize', 'start', undefined, undefined]);
  expect(pendingOf(servers).map((each) => each.host.name)).toEqual(['web-1', 'web-2']);
});

test.each<[string, Given, string]>([
  ['that Hetzner has not', { wanted: 'cx99' }, 'web-1 stays a cx23: Hetzner has no server type cx99; set another serverType'],
  ['of another architecture', { wanted: 'cax11' }, 'web-1 stays a cx23: it is x86, and cax11 is Arm'],
  ['with a smaller disk', { disk: 160 }, 'web-1 stays a cx23: its disk of 160 GB does not fit on cx33, which has 80 GB'],
])('a type %s is refused', (_, given, says) => {
  expect(refusals([candidate('web-1', given)], TYPES, NOW)).toEqual([expect.stringContaining(says)]);
});

test('a type that is sold out, or has ended, in the location is refused', () => {
  const of = (type: typeof CX33) => refusals([candidate('web-1')], [type], NOW)[0];
  expect(of(serverType('cx33', { available: false, disk: 80 }))).toContain('cx33 is sold out in fsn1');
  expect(of(serverType('cx33', { disk: 80, sold: ['nbg1'] }))).toContain('cx33 is not sold in fsn1');
  expect(of(serverType('cx33', { disk: 80, deprecation: { unavailable_after: new Date('2026-01-01') } }))).toContain('sold no more');
  expect(of(CX33)).toBeUndefined();
});

test('a server that has its type and is off is started, in stock or not', () => {
  expect(refusals([candidate('web-1', { type: 'cx33', status: 'off' })], [], NOW)).toEqual([]);
});

test('the smaller type is fine for a disk that has not grown', () => {
  expect(refusals([candidate('web-1', { type: 'cx33', wanted: 'cx23', disk: 40 })], TYPES, NOW)).toEqual([]);
});

test('those without the role go first, and what is off already before them', () => {
  const group = [well('db-1', 'PRIMARY'), well('db-2', 'SECONDARY'), well('db-3', 'SECONDARY')];
  const pending = [candidate('db-1'), candidate('db-2'), candidate('db-3')];
  expect(nextOf(pending, group).host.name).toBe('db-2');
  expect(nextOf([pending[0]!, candidate('db-3', { status: 'off' }), pending[1]!], group).host.name).toBe('db-3');
  expect(nextOf([candidate('db-1')], group).host.name).toBe('db-1');
  expect(nextOf([candidate('lb-1'), candidate('lb-2')], [well('lb-1', 'MASTER'), well('lb-2', 'BACKUP')]).host.name).toBe('lb-2');
});

test('a server goes only while every other one of its tier is well', () => {
  expect(lacking(candidate('web-1'), [unwell('web-1'), well('web-2')])).toEqual([]);
  expect(lacking(candidate('web-1'), [well('web-1'), unwell('web-2')])).toEqual(['web-2: nginx is away']);
});

test('a server that is off takes nothing away from its tier', () => {
  expect(lacking(candidate('web-1', { status: 'off' }), [unwell('web-1'), unwell('web-2')])).toEqual([]);
});

test('before anything begins, those that are off and come first do not hold up the others', () => {
  const pending = [candidate('web-1'), candidate('web-2', { status: 'off' })];
  expect(lackingAtFirst(pending, [well('web-1'), unwell('web-2')])).toEqual([]);
  expect(lackingAtFirst(pending, [well('web-1'), unwell('web-2'), unwell('web-3')])).toEqual(['web-3: nginx is away']);
  expect(lackingAtFirst([candidate('web-1')], [well('web-1'), unwell('web-2')])).toEqual(['web-2: nginx is away']);
});

test('a line says what becomes of a server, and what it costs', () => {
  expect(lineOf(candidate('web-1'), TYPES, 'EUR')).toBe('web-1: cx23 becomes cx33, 5.49 then 8.49 EUR a month net');
  expect(lineOf(candidate('web-1', { status: 'off' }), [], 'EUR')).toBe('web-1: cx23 becomes cx33; it is off');
  expect(lineOf(candidate('web-1', { type: 'cx33', status: 'off' }), TYPES, 'EUR')).toBe('web-1: is a cx33 already and off: it is started');
});

import { expect, test } from 'vitest';
import { checkStock } from '../../../../platform/doctor/checks/stock';
import { BEFORE, deployed, lines, PROJECT, serverType, withTypes } from '../healthy';

const dedicated = serverType('ccx13', { price: 15, memory: 8, disk: 80 });
const check = (...types: Parameters<typeof withTypes>) => lines(checkStock({ ...BEFORE, project: withTypes(dedicated, ...types) }));

test('says of each type that it can be ordered in its location, and for which servers', () => {
  expect(lines(checkStock(BEFORE))).toEqual(['fine: cx23 can be ordered in fsn1 (lb-1)', 'fine: ccx13 can be ordered in fsn1 (db-1)']);
});

test('names the cheapest type that lacks nothing, with its price, for one that is sold out', () => {
  const [found] = check(
    serverType('cx23', { available: false }),
    serverType('cpx12', { memory: 2, price: 1 }),
    serverType('cax11', { architecture: 'arm', price: 1 }),
    serverType('cpx62', { price: 1, available: false }),
    serverType('cpx32', { price: 12, cores: 4, memory: 8, disk: 160 }),
    serverType('cpx22', { price: 7.99, disk: 80 }),
  );
  expect(found).toBe(
    'wrong: cx23 is sold out in fsn1 (lb-1) -> set serverType: there, cpx22 can be (2 cores, 4 GB, 7.99 EUR a month net); or try later',
  );
});

test('names other locations that have it', () => {
  const elsewhere = serverType('cx23', {
    locations: [
      { name: 'fsn1', available: false, deprecation: null },
      { name: 'nbg1', available: true, deprecation: null },
    ],
  });
  expect(check(elsewhere)[0]).toMatch(/; cx23 can be ordered in nbg1, which is a choice before the first deploy only; or try later$/);
});

test('says when nothing as large can be ordered there', () => {
  const large = serverType('ccx13', { memory: 8, disk: 80, available: false });
  expect(lines(checkStock({ ...BEFORE, project: withTypes(serverType('cx23'), large) }))[1]).toMatch(
    /^wrong: ccx13 is sold out in fsn1 \(db-1\) -> set serverType: there, nothing as large can be; or try later$/,
  );
});

test('refuses a type that is not sold in the location, is sold no more, or does not exist', () => {
  const ended = { unavailable_after: new Date('2025-12-31T00:00:00Z') };
  const announced = { unavailable_after: new Date('2027-12-31T00:00:00Z') };
  expect(check(serverType('cx23', { sold: ['nbg1'] }))[0]).toMatch(/^wrong: cx23 is not sold in fsn1/);
  expect(check(serverType('cx23', { deprecation: ended }))[0]).toMatch(/^wrong: cx23 is sold no more in fsn1/);
  expect(check(serverType('cx23', { locations: [{ name: 'fsn1', available: true, deprecation: ended }] }))[0]).toMatch(
    /^wrong: cx23 is sold no more in fsn1/,
  );
  expect(check(serverType('cx23', { deprecation: announced }))[0]).toMatch(/^fine/);
  expect(check(serverType('cpx22'))[0]).toBe('wrong: Hetzner has no server type cx23 (lb-1) -> choose another serverType: ccx13, cpx22');
});

test('asks nothing of servers that exist, but for the new type of one', () => {
  const soldOut = PROJECT.serverTypes.map((type) => ({
    ...type,
    locations: type.locations.map((location) => ({ ...location, available: false })),
  }));
  const facts = deployed();
  if (!('answer' in facts.project)) throw new Error('no project');
  const { items } = facts.project.answer;
  const withStock = { ...facts.project.answer, serverTypes: soldOut };
  expect(lines(checkStock({ ...facts, project: { answer: withStock } }))).toEqual([
    'fine: all servers are there; nothing would be ordered',
  ]);
  const smaller = {
    ...withStock,
    items: {
      ...items,
      hcloud_server: items.hcloud_server.map((server) => (server.name === 'db-1' ? { ...server, serverType: 'cx23' } : server)),
    },
  };
  expect(lines(checkStock({ ...facts, project: { answer: smaller } }))).toEqual([
    expect.stringMatching(/^wrong: ccx13 is sold out in fsn1 \(db-1\)/),
  ]);
});

test('of a server that exists with another type, which can be had, names the command that changes it', () => {
  const facts = deployed();
  if (!('answer' in facts.project)) throw new Error('no project');
  const { items } = facts.project.answer;
  const hcloud_server = items.hcloud_server.map((server) => (server.name === 'db-1' ? { ...server, serverType: 'cx23' } : server));
  const project = { answer: { ...facts.project.answer, items: { ...items, hcloud_server } } };
  expect(lines(checkStock({ ...facts, project }))).toEqual([
    'fine: ccx13 can be ordered in fsn1 (db-1)',
    expect.stringMatching(/^wrong: servers have another type than ccx13 \(db-1\).* -> npx platform resize -e \w+ gives it/),
  ]);
});

test('counts a server as missing that the state has and the project has no more', () => {
  expect(lines(checkStock({ ...deployed(), project: BEFORE.project }))).toHaveLength(2);
});

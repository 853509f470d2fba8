import { expect, test } from 'vitest';
import { AddressPlan } from '../../lib/net/address-plan';

test('gives every host a name and an address by tier and ordinal', () => {
  const plan = new AddressPlan();
  expect(plan.hosts('lb', 2)).toEqual([
    { name: 'lb-1', tier: 'lb', ordinal: 1, address: '10.0.1.11' },
    { name: 'lb-2', tier: 'lb', ordinal: 2, address: '10.0.1.12' },
  ]);
  expect(plan.host('mysql', 3)).toMatchObject({ name: 'db-3', address: '10.0.4.13' });
  expect(plan.host('web', 20)).toMatchObject({ name: 'web-20', address: '10.0.2.30' });
});

test('keeps the gateways clear of all hosts', () => {
  const plan = new AddressPlan();
  expect([plan.gateway, plan.natGateway]).toEqual(['10.0.0.1', '10.0.1.10']);
});

test('follows another network and own subnets', () => {
  const plan = new AddressPlan({ range: '192.168.8.0/21', subnets: { app: '192.168.15.0/27' } });
  expect(plan.subnets).toEqual({ lb: '192.168.9.0/24', web: '192.168.10.0/24', app: '192.168.15.0/27', mysql: '192.168.12.0/24' });
  expect(plan.host('app', 20).address).toBe('192.168.15.30');
});

test('names endpoints by the port of their tier', () => {
  expect(new AddressPlan().endpoints('mysql', 'memberHealth', 1)).toEqual([{ name: 'db-1', address: '10.0.4.11', port: 9200 }]);
});

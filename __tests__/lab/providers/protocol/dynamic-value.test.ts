import { encode, ExtData } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { decodeDynamicValue, decodeJson, encodeDynamicValue } from '../../../../lab/providers/protocol/dynamic-value';
import type { TypeExpression } from '../../../../lab/providers/protocol/schema';
import { UNKNOWN } from '../../../../lab/providers/protocol/value';

const type: TypeExpression = [
  'object',
  {
    name: 'string',
    size: 'number',
    on: 'bool',
    labels: ['map', 'string'],
    ips: ['set', 'string'],
    rule: ['list', ['object', { port: 'string' }]],
  },
];
const msgpack = (value: unknown) => ({ msgpack: encode(value) });

describe('a value on the wire', () => {
  test('comes back as it was', () => {
    const value = { name: 'a', size: 4200012345678, on: true, labels: { a: 'b' }, ips: ['10.0.0.1'], rule: [{ port: null }] };
    expect(decodeDynamicValue(encodeDynamicValue(value, type), type)).toEqual(value);
  });

  test('has null for every attribute that was left out', () => {
    expect(decodeDynamicValue(encodeDynamicValue({ name: 'a' }, type), type)).toEqual({
      name: 'a',
      size: null,
      on: null,
      labels: null,
      ips: null,
      rule: null,
    });
  });

  test('writes unknown as extension 0, byte for byte as Terraform does', () => {
    expect(encodeDynamicValue(UNKNOWN, 'string').msgpack).toEqual(Uint8Array.of(0xd4, 0, 0));
    expect(encodeDynamicValue({ name: UNKNOWN }, ['object', { name: 'string' }]).msgpack).toEqual(
      Uint8Array.from([0x81, 0xa4, ...Buffer.from('name'), 0xd4, 0, 0]),
    );
  });

  test('reads an unknown of which something is known as unknown', () => {
    const refined = new ExtData(12, encode({ 1: false }));
    expect(decodeDynamicValue(msgpack({ name: refined, ips: [refined] }), type)).toMatchObject({ name: UNKNOWN, ips: [UNKNOWN] });
  });

  test('reads numbers that come as text, as integers of 64 bits or with a fraction', () => {
    expect(decodeDynamicValue(msgpack('9007199254740993'), 'number')).toBe(Number('9007199254740993'));
    expect(decodeDynamicValue({ msgpack: encode(4200012n, { useBigInt64: true }) }, 'number')).toBe(4200012);
    expect(decodeDynamicValue(msgpack(0.5), 'number')).toBe(0.5);
  });

  test('is null when there is none', () => {
    expect(decodeDynamicValue(msgpack(null), type)).toBeNull();
    expect(decodeDynamicValue(null, type)).toBeNull();
  });

  test.each([
    ['string', 5],
    ['number', 'five'],
    ['bool', 'true'],
  ] as const)('of another type than %s is refused', (expected, value) => {
    expect(() => encodeDynamicValue(value, expected)).toThrow(/is not of type/);
  });

  test('of a type that comes with it keeps that type', () => {
    const dynamic: TypeExpression = ['object', { value: 'dynamic' }];
    for (const value of ['on', 7, true, { max_age: 5, on: ['a', 1] }, null, UNKNOWN]) {
      expect(decodeDynamicValue(encodeDynamicValue({ value }, dynamic), dynamic)).toEqual({ value });
    }
    expect(decodeJson(Buffer.from('{"value":{"value":"on","type":"string"}}'), dynamic)).toEqual({ value: 'on' });
    expect(encodeDynamicValue('on', 'dynamic').msgpack).toEqual(encode([Buffer.from('"string"'), 'on']));
  });

  test('from a state of an older version loses the attributes that are no more', () => {
    expect(decodeJson(Buffer.from('{"name":"a","gone":1}'), ['object', { name: 'string' }])).toEqual({ name: 'a' });
  });
});

import { expect, test } from 'vitest';
import { askNames, type NameResolver } from '../../../../platform/doctor/ask/names';

const failing = (code: string): Promise<never> => Promise.reject(Object.assign(new Error(`queryCaa ${code}`), { code }));

/** Answers from a table; whatever is not in it does not exist. */
function resolver(table: Readonly<Record<string, unknown>>): NameResolver {
  const look = (type: string) => (name: string) => {
    const found = table[`${name} ${type}`];
    return typeof found === 'string' ? failing(found) : found === undefined ? failing('ENOTFOUND') : Promise.resolve(found);
  };
  return { resolve4: look('A'), resolve6: look('AAAA'), resolveCaa: look('CAA') } as unknown as NameResolver;
}

test('takes the CAA records of the nearest name upwards that has any', async () => {
  const records = [{ critical: 0, issue: 'letsencrypt.org' }];
  const { 'a.b.example.com': found } = await askNames(
    ['a.b.example.com'],
    resolver({ 'example.com CAA': records, 'com CAA': [{ critical: 0, issue: ';' }], 'a.b.example.com A': ['198.51.100.10'] }),
  );
  expect(found).toEqual({ a: { answer: ['198.51.100.10'] }, aaaa: { answer: [] }, caa: { answer: { at: 'example.com', records } } });
});

test('a name that does not exist is an answer, one that nobody answers for is not', async () => {
  const { 'example.com': found } = await askNames(
    ['example.com'],
    resolver({ 'example.com CAA': 'ESERVFAIL', 'example.com A': 'ENODATA' }),
  );
  expect(found).toEqual({ a: { answer: [] }, aaaa: { answer: [] }, caa: { failure: 'queryCaa ESERVFAIL' } });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acknowledgedAfter, longestGap, longestOutage, outages, serviceAfter, summarise, writeGap } from '../../../lab/checkers';
import { operation, probes, write } from './histories';

test('an outage reaches from the start of the first failed request to the end of the first that succeeds again', () => {
  expect(outages(probes('+++---++++'))).toEqual([{ from: 150, to: 310, failed: 3 }]);
  expect(longestOutage(probes('+++---++++'))).toBe(160);
});

test('a single success between failures does not end an outage', () => {
  expect(outages(probes('+--+--++++'))).toEqual([{ from: 50, to: 310, failed: 4 }]);
});

test('two outages with service between them are two, and the longer one counts', () => {
  expect(outages(probes('+-++++---+++'))).toHaveLength(2);
  expect(longestOutage(probes('+-++++---+++'))).toBe(160);
});

test('an outage that never ended is infinite, and a history without requests is not zero', () => {
  expect(longestOutage(probes('+++--'))).toBe(Infinity);
  expect(longestOutage([])).toBeUndefined();
  expect(longestOutage(probes('+++'))).toBe(0);
});

test('an outage never is shorter than the time between the first and the last failed request, whatever the order of the records', () => {
  const patterns = fc.array(fc.constantFrom('+', '-'), { minLength: 1, maxLength: 60 }).map((letters) => `${letters.join('')}+++`);
  fc.assert(
    fc.property(patterns, fc.integer(), (pattern, seed) => {
      const shuffled = probes(pattern)
        .map((one, n) => ({ one, at: Math.sin(seed + n) }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one);
      const found = outages(shuffled);
      expect(found).toEqual(outages(probes(pattern)));
      expect(found.reduce((sum, outage) => sum + outage.failed, 0)).toBe([...pattern].filter((letter) => letter === '-').length);
      for (const { from, to } of found) expect(to!).toBeGreaterThan(from);
    }),
  );
});

test('the write gap is the longest silence between acknowledgements that reaches past the fault', () => {
  const writes = [write(0, 'a'), write(100, 'b'), write(900, 'c', 'unknown'), write(5000, 'd'), write(5100, 'e')];
  expect(writeGap(writes, 150)).toBe(4900);
});

test('an acknowledgement that slips through just after the fault does not hide the gap', () => {
  expect(writeGap([write(0, 'a'), write(160, 'b'), write(5000, 'c')], 150)).toBe(4840);
});

test('the write gap is infinite without a write after the fault and unknown without one before it', () => {
  expect(writeGap([write(0, 'a')], 150)).toBe(Infinity);
  expect(writeGap([write(200, 'a')], 150)).toBeUndefined();
});

test('a write to one member directly does not count for the write gap', () => {
  expect(writeGap([write(0, 'a'), write(200, 'x', 'acknowledged', { stream: 'direct-write' }), write(900, 'b')], 150)).toBe(900);
});

test('the write gap depends on its ends only, wherever it lies in the history', () => {
  expect(longestGap([operation(0), operation(200), operation(9000), operation(9100)], 150)).toEqual({ from: 210, to: 9010 });
  expect(longestGap([operation(0)], 150)).toEqual({ from: 10, to: undefined });
});

test('a write that waited through the fault counts as acknowledged after it', () => {
  expect(
    acknowledgedAfter(
      [write(0, 'a'), write(100, 'b', 'acknowledged', { end: 7000 }), write(200, 'c', 'acknowledged', { end: 6000 })],
      5000,
    ),
  ).toBe(1000);
  expect(acknowledgedAfter([write(0, 'a')], 5000)).toBeUndefined();
});

test('service after a moment is the first success that was begun after it', () => {
  expect(serviceAfter(probes('---++'), 60)).toBe(150 + 10 - 60);
});

test('every figure of a summary is a measured value', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const { min, median, p95, max } = summarise(values)!;
      for (const figure of [min, median, p95, max]) expect(values).toContain(figure);
      expect(min <= median && median <= p95 && p95 <= max).toBe(true);
    }),
  );
  expect(summarise([5, 1, 4, 2, 3])).toEqual({ count: 5, min: 1, median: 3, p95: 5, max: 5 });
  expect(summarise([])).toBeUndefined();
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../app/log';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function started() {
  const writes: string[][] = [];
  const events = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string; path?: string }).path ?? (JSON.parse(line) as { event: string }).event);
  return { writes, ...createLog((text) => void writes.push(events(text))) };
}

test('lines of requests are written together, a tenth of a second after the first one at the latest', () => {
  const { writes, log } = started();
  log('request', { path: '/a' });
  vi.advanceTimersByTime(90);
  log('request', { path: '/b' });
  expect(writes).toEqual([]);
  vi.advanceTimersByTime(10);
  expect(writes).toEqual([['/a', '/b']]);
  log('request', { path: '/c' });
  vi.advanceTimersByTime(100);
  expect(writes).toHaveLength(2);
});

test('any other line is written at once, after the lines of requests before it', () => {
  const { writes, log } = started();
  log('request', { path: '/a' });
  log('retry', { attempt: 1 });
  expect(writes).toEqual([['/a', 'retry']]);
});

test('what waits is written when the process ends, and once', () => {
  const { writes, log, flush } = started();
  log('request', { path: '/a' });
  flush();
  vi.advanceTimersByTime(1_000);
  expect(writes).toEqual([['/a']]);
});

test('many lines are not kept for long, so that they take no memory', () => {
  const { writes, log } = started();
  for (let number = 0; number < 10; number += 1) log('request', { path: 'x'.repeat(10_000) });
  expect(writes).toHaveLength(1);
});

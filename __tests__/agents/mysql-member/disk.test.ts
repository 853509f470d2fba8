import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskOf, isLow, warningsOf } from '../../../agents/mysql-member/disk';

const GB = 1024 ** 3;

test('less than a tenth, or less than 1 GB, is little', () => {
  expect(isLow({ freeBytes: 2.1 * GB, sizeBytes: 20 * GB })).toBe(false);
  expect(isLow({ freeBytes: 1.9 * GB, sizeBytes: 20 * GB })).toBe(true);
  expect(isLow({ freeBytes: 0.9 * GB, sizeBytes: 5 * GB })).toBe(true);
});

test('warns with figures and remedy', () => {
  expect(warningsOf({ disk: { freeBytes: GB, sizeBytes: 20 * GB } }, null)).toEqual([
    '1.0 GB of 20.0 GB are free on the data volume; raise volumeGb or lower binaryLogDays, and deploy',
  ]);
  expect(warningsOf({ disk: null }, 'ENOSPC: no space left on device')).toEqual(['the agent cannot act: ENOSPC: no space left on device']);
});

test('asks the file system that holds the file', async () => {
  const disk = await diskOf(join(tmpdir(), 'memory.json'));
  expect(disk?.sizeBytes).toBeGreaterThan(disk!.freeBytes);
  expect(await diskOf('/there/is/no/such/folder/memory.json')).toBeNull();
});

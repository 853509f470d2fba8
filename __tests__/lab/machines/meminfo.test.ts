import { expect, test } from 'vitest';
import { renderMeminfo } from '../../../lab/machines/meminfo';

const HOST = `MemTotal:       24684092 kB
MemFree:         9954064 kB
MemAvailable:   20505984 kB
Buffers:          206956 kB
HugePages_Total:       0
VmallocTotal:   34359738367 kB
`;

test('a machine sees the memory of its server type, less what a kernel keeps, and never more that is free', () => {
  const lines = renderMeminfo(HOST, 4).split('\n');
  expect(lines[0]).toBe('MemTotal:        3942645 kB');
  expect(lines[1]).toBe('MemFree:         3942645 kB');
  expect(lines[3]).toBe('Buffers:          206956 kB');
});

test('what counts no memory of the machine stays', () => {
  expect(renderMeminfo(HOST, 4)).toContain('HugePages_Total:       0\nVmallocTotal:   34359738367 kB\n');
});

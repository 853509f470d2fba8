import { expect, test } from 'vitest';
import { nodeHeapMegabytes, renderAppEnvironment, renderAppLimits, renderAppWatchdogAddress } from '../../lib/config/app-service';

test('values reach the application as they are, whatever is in them', () => {
  expect(renderAppEnvironment({ variables: { GREETING: 'say "hi" for $5 \\o/', EMPTY: '' } })).toBe(
    'GREETING="say \\"hi\\" for \\$5 \\\\o/"\nEMPTY=""\n',
  );
});

test('the application is limited in memory and in whom it may talk to', () => {
  expect(renderAppLimits({ memoryMegabytes: 1024, allowedRanges: ['10.0.0.0/16', '203.0.113.0/24'] })).toContain(
    'MemoryMax=1024M\nMemorySwapMax=0\nIPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/16 203.0.113.0/24\n',
  );
});

test('the heap of Node ends before the memory of the unit does', () => {
  expect(nodeHeapMegabytes(2048)).toBe(1536);
});

test('the watchdog, which is root, knows where the application listens and nothing else of its environment', () => {
  expect(renderAppWatchdogAddress({ host: '10.0.3.11', port: 3000 })).toBe('[Service]\nEnvironment=HOST=10.0.3.11 PORT=3000\n');
});

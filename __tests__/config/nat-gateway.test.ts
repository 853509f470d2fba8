import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { renderNatGateway } from '../../lib/config/nat-gateway';
import { hasProgram } from '../helpers/programs';

test('masks what leaves the private network, and nothing within it', () => {
  expect(renderNatGateway({ networkRange: '10.0.0.0/16' })).toContain('    ip saddr 10.0.0.0/16 ip daddr != 10.0.0.0/16 masquerade\n');
});

test.skipIf(!hasProgram('nft') || process.getuid?.() !== 0)('the real nft accepts it, with and without a table to replace', () => {
  const check = spawnSync('nft', ['--check', '--file', '-'], {
    input: renderNatGateway({ networkRange: '10.0.0.0/16' }),
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/sbin:/usr/bin:/bin' },
  });
  expect(check).toMatchObject({ status: 0, stderr: '' });
});

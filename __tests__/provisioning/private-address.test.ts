import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allFiles } from '../../lib/servers/role-scripts';

const WAITS = 'private-address.service';
const units = allFiles()
  .filter((path) => /^units\/.*\.(service|socket|conf)$/.test(path))
  .map((path) => ({
    name: path.endsWith('.conf') ? basename(dirname(path)) : basename(path),
    text: readFileSync(join('provisioning', path), 'utf8'),
  }));

/** Values of a key, over all of its lines. */
const values = (text: string, key: string) =>
  [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, value = '']) => value.split(' '));
const speaksIp = ({ text }: { text: string }) =>
  !text.includes('\nPrivateNetwork=yes') &&
  (values(text, 'RestrictAddressFamilies').length === 0 || values(text, 'RestrictAddressFamilies').includes('AF_INET'));

/** They speak IP and need no private address. */
const NEED_NO_PRIVATE_ADDRESS: Readonly<Record<string, string>> = {
  'hetzner-api-addresses.service': 'asks a name server by the public interface',
  'security-updates-answer.socket': 'FreeBind=yes: listens before the address is there',
  'security-updates-answer@.service': 'started by a connection to that address',
};

describe('Hetzner configures the private interface after network-online.target, sometimes minutes after', () => {
  test.each(units.filter(speaksIp).filter(({ name }) => !(name in NEED_NO_PRIVATE_ADDRESS)))(
    '$name waits for the private address',
    ({ text }) => {
      expect(values(text, 'After')).toContain(WAITS);
      // Without it nobody would start what is waited for
      expect(values(text, 'Wants')).toContain(WAITS);
    },
  );

  test('no unit but the one that waits takes network-online.target for a sign of the private network', () => {
    const naming = units
      .filter(({ text }) => /^(After|Wants|Requires|Before)=.*network-online\.target/m.test(text))
      .map(({ name }) => name);
    expect(naming.sort()).toEqual(['hetzner-api-addresses.service', WAITS]);
  });

  test('it is waited for without limit, and a start that fails is tried again without limit', () => {
    expect(values(units.find(({ name }) => name === WAITS)!.text, 'TimeoutStartSec')).toEqual(['infinity']);
    const restarted = units.filter(({ text }) => values(text, 'Restart').length > 0);
    expect(restarted.map(({ name }) => name)).toContain('mysql.service.d');
    expect(restarted.filter(({ text }) => !text.includes('\nStartLimitIntervalSec=0\n')).map(({ name }) => name)).toEqual([]);
  });

  test('a mysqld that ends with 1 is started again, although the unit of its package says no', () => {
    const packaged = readFileSync('lab/machines/mysql-repository/package/mysql.service', 'utf8');
    expect(values(packaged, 'RestartPreventExitStatus')).toEqual(['1']);
    // An empty value ends the list of the unit before it
    expect(values(units.find(({ name }) => name === 'mysql.service.d')!.text, 'RestartPreventExitStatus')).toEqual(['']);
  });
});

import { execa } from 'execa';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { renderHostFirewall } from '../../lib/config/nftables';
import { AddressPlan } from '../../lib/net/address-plan';
import { PORTS } from '../../lib/net/ports';
import { hasProgram } from '../helpers/programs';

const missing = process.getuid?.() !== 0 || !['nft', 'unshare'].every((name) => hasProgram(name));
const FIREWALL = renderHostFirewall({
  tier: 'lb',
  connections: [],
  waysOut: [{ from: 'lb', user: 'root', to: 'hetzner-api' }],
  resolvers: [],
  ports: PORTS,
  ...new AddressPlan(),
  operators: [],
  internet: [],
  proxied: false,
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-addresses-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** In a network of its own: loads the firewall, looks the endpoints up one after the other, and shows both sets. */
async function openFor(...endpoints: string[]): Promise<{ readonly exitCode?: number; readonly sets: string; readonly stderr: string }> {
  const rules = join(folder, 'firewall.nft');
  writeFileSync(rules, FIREWALL.replace('/etc/platform/host-firewall.d', folder).replace('*.nft', 'api*.nft'));
  const lookUp = endpoints.map(
    (endpoint) =>
      `HCLOUD_ENDPOINT='${endpoint}' RULES=${folder}/api.nft ADDRESSES=${folder}/addresses bash provisioning/load-balancer/hetzner-api-addresses || failed=$?`,
  );
  const show = (version: number) =>
    `nft list set inet host_firewall hetzner_api_ipv${version} | tr -d '\\n\\t' | sed -n 's/.*elements = { \\([^}]*\\) }.*/\\1;/p'`;
  const script = ['failed=0', `nft --file ${rules}`, ...lookUp, show(4), show(6), 'exit $failed'].join('\n');
  const { exitCode, stdout, stderr } = await execa('unshare', ['--net', 'bash', '-c', script], {
    reject: false,
    env: { PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  return { exitCode, sets: stdout.replace(/\s+/g, ' ').trim(), stderr };
}

test.skipIf(missing)("every address of the API's name is let out to", async () => {
  expect(await openFor('https://192.0.2.1/v1')).toEqual({ exitCode: 0, sets: '192.0.2.1;', stderr: '' });
  expect(await openFor('http://[2001:db8::1]:8080/v1')).toMatchObject({ exitCode: 0, sets: '192.0.2.1;2001:db8::1;' });
});

test.skipIf(missing)(
  'a name that has moved keeps its former addresses, and they are there again when the rules are loaded anew',
  async () => {
    expect(await openFor('https://192.0.2.1/v1', 'https://192.0.2.2:443/v1')).toMatchObject({ sets: '192.0.2.1, 192.0.2.2;' });
    expect(await openFor()).toMatchObject({ sets: '192.0.2.1, 192.0.2.2;' });
    expect(readFileSync(join(folder, 'addresses'), 'utf8'), 'the agent goes by the last look-up').toBe('192.0.2.2\n');
  },
);

test.skipIf(missing)('while no name server answers all stays as it was, and it says so', async () => {
  const { exitCode, sets, stderr } = await openFor('https://192.0.2.1/v1', 'https://no-such-name.invalid/v1');
  expect({ exitCode, sets }).toEqual({ exitCode: 1, sets: '192.0.2.1;' });
  expect(stderr).toContain('no-such-name.invalid has no address');
  expect(readdirSync(folder).sort()).toEqual(['addresses', 'api.nft', 'firewall.nft']);
  expect(readFileSync(join(folder, 'addresses'), 'utf8')).toBe('192.0.2.1\n');
  expect(readFileSync(join(folder, 'api.nft'), 'utf8')).toBe('add element inet host_firewall hetzner_api_ipv4 { 192.0.2.1 }\n');
});

import { execa } from 'execa';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { certificate } from '../helpers/certificate';

/** Each example as a newcomer uses it: copied to main.ts in a folder of its own. That it compiles, `tsc` says for all of this project. */
const PROJECT = process.cwd();
const EXAMPLES = readdirSync('examples').map((file) => basename(file, '.ts'));
const root = mkdtempSync(join(tmpdir(), 'examples-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Stack {
  readonly resource: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

async function synthesized(example: string, stack: string): Promise<Stack> {
  const folder = join(root, example);
  mkdirSync(folder);
  cpSync(join('examples', `${example}.ts`), join(folder, 'main.ts'));
  for (const part of ['cdktf.json', 'app']) cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const paths = { 'scale-up': [join(PROJECT, 'lib/index.ts')] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(PROJECT, 'tsconfig.json'), compilerOptions: { paths } }));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  certificateIn(join(folder, 'certificates'));
  await execa('node', ['--import', 'tsx', 'main.ts'], { cwd: folder, env: { CHECKPOINT_DISABLE: '1' } });
  return JSON.parse(readFileSync(join(folder, `cdktf.out/stacks/${stack}/cdk.tf.json`), 'utf8')) as Stack;
}

/** Such as a user has from elsewhere. */
function certificateIn(folder: string): void {
  mkdirSync(folder);
  const { certificate: chain, key } = certificate('www.example.com', undefined, 'subjectAltName=DNS:www.example.com,DNS:example.com');
  writeFileSync(join(folder, 'www.example.com.pem'), chain);
  writeFileSync(join(folder, 'www.example.com.key'), key);
}

const servers = ({ resource }: Stack): string[] =>
  Object.values(resource['hcloud_server'] ?? {}).map((server) => (server as { name: string }).name);

test('the smallest is the whole platform', async () => {
  const stack = await synthesized('smallest', 'smallest');
  expect(servers(stack).sort()).toEqual(['app-1', 'app-2', 'db-1', 'db-2', 'db-3', 'lb-1', 'lb-2', 'web-1', 'web-2']);
});

test('with an own certificate and Cloudflare, records lead to the floating IP, and no key of a certificate but that for origin pulls is made', async () => {
  const { resource } = await synthesized('own-certificate-and-cloudflare', 'shop');
  expect(
    Object.values(resource['cloudflare_dns_record'] ?? {})
      .map((record) => (record as { name: string }).name)
      .sort(),
  ).toEqual(['example.com', 'www.example.com']);
  expect(Object.keys(resource['tls_self_signed_cert'] ?? {}).filter((id) => id.startsWith('edge'))).toEqual([]);
});

test('tiers alone are load balancers and web servers', async () => {
  const stack = await synthesized('tiers-alone', 'website');
  expect(servers(stack).sort()).toEqual(['website-lb-1', 'website-lb-2', 'website-web-1', 'website-web-2', 'website-web-3']);
});

describe.each(EXAMPLES)('%s', (example) => {
  test('begins with five lines that say what it shows', () => {
    const lines = readFileSync(`examples/${example}.ts`, 'utf8').split('\n');
    expect(lines.findIndex((line) => !line.startsWith('// '))).toBe(5);
  });

  test('has a test here', () => {
    expect(readFileSync('__tests__/examples/examples.conformance.test.ts', 'utf8')).toContain(`synthesized('${example}'`);
  });
});

import { execa } from 'execa';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { listening } from './helpers/ports';
import { sigstore } from './helpers/sigstore';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'npm-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const VERSION = '1.0.0';
/** Found from here: the folder of a test has no packages. */
const TSX = createRequire(import.meta.url).resolve('tsx');

/** A project in this folder that has these packages installed. */
function project(names: readonly string[]): void {
  const dependencies = Object.fromEntries(names.map((name) => [name, VERSION]));
  const packages = Object.fromEntries(
    names.map((name) => [`node_modules/${name}`, { version: VERSION, resolved: `https://registry.npmjs.org/${name}` }]),
  );
  for (const name of names) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version: VERSION }));
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies }, ...packages } }));
}

interface Audited {
  readonly installed?: readonly string[];
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The step of `make check`, by a registry of this test. */
async function audit(
  answer: RequestListener,
  { installed = ['deployed'], env }: Audited = {},
): Promise<{ readonly exitCode?: number; readonly all: string }> {
  project(installed);
  const server = createServer(answer);
  onTestFinished(() => void server.close());
  const registry = `--registry=http://127.0.0.1:${await listening(server)}/`;
  const { exitCode, all } = await execa('node', ['--import', TSX, join(process.cwd(), '__tests__/audit.ts'), registry], {
    cwd: folder,
    env,
    all: true,
    reject: false,
  });
  return { exitCode, all };
}

const ADVISORY = {
  id: 1,
  title: 'runs what strangers send',
  severity: 'critical',
  vulnerable_versions: '<2.0.0',
  url: 'https://example.test/1',
};
const knowing =
  (advisories: object): RequestListener =>
  (request, response) => {
    const known = request.url?.endsWith('/advisories/bulk');
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(known ? advisories : {}));
  };

test('a deployed package with a known weakness fails the audit, and is named', async () => {
  const { exitCode, all } = await audit(knowing({ deployed: [ADVISORY] }));
  expect([exitCode, all]).toEqual([1, expect.stringContaining(`critical: deployed: ${ADVISORY.title}`)]);
});

test('without a known weakness the audit passes', async () => {
  const { exitCode, all } = await audit(knowing({}));
  expect([exitCode, all]).toEqual([0, expect.stringContaining('npm audit: nothing found')]);
});

test('a registry that does not answer is no finding and no pass: the audit says that it was skipped', async () => {
  const { exitCode, all } = await audit((_, response) => response.writeHead(405).end());
  expect([exitCode, all]).toEqual([0, expect.stringContaining('npm audit: SKIPPED, the registry does not answer this question')]);
  expect(all).not.toContain('nothing found');
});

describe('signatures of deployed packages', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = {
    keyid: 'of-the-registry',
    keytype: 'ecdsa-sha2-nistp256',
    scheme: 'ecdsa-sha2-nistp256',
    key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    expires: null,
  };
  const integrityOf = (content: string) => `sha512-${createHash('sha512').update(content).digest('base64')}`;
  const signature = (name: string, content: string, keyid = key.keyid) => ({
    keyid,
    sig: sign('sha256', Buffer.from(`${name}@${VERSION}:${integrityOf(content)}`), privateKey).toString('base64'),
  });
  /** What the registry says of each, whose content is its name. */
  const SIGNATURES: Readonly<Record<string, readonly object[]>> = {
    signed: [signature('signed', 'signed')],
    bare: [],
    // Another content was signed than the one that the registry offers now
    changed: [signature('changed', 'what was published')],
    // Well signed, as another package
    renamed: [signature('signed', 'renamed')],
    'of-a-stranger': [signature('of-a-stranger', 'of-a-stranger', 'of-a-stranger')],
  };
  const registry: RequestListener = ({ url = '' }, response) => {
    const name = url.slice(1);
    const signatures = SIGNATURES[name];
    const dist = { tarball: `https://registry.npmjs.org/${name}/-/${name}.tgz`, integrity: integrityOf(name), signatures };
    const answer = url.endsWith('/advisories/bulk')
      ? {}
      : url === '/-/npm/v1/keys'
        ? { keys: [key] }
        : signatures && { name, 'dist-tags': { latest: VERSION }, versions: { [VERSION]: { name, version: VERSION, dist } } };
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}));
  };
  const of = async (...installed: string[]) => audit(registry, { installed, env: await sigstore(folder) });

  test('pass where each is that of the registry', async () => {
    const { exitCode, all } = await of('signed');
    expect([exitCode, all]).toEqual([0, expect.stringContaining('npm audit signatures: nothing found')]);
  });

  test('fail the audit where one is wrong or missing, and the packages are named', async () => {
    const { exitCode, all } = await of('signed', 'bare', 'changed', 'renamed');
    expect(exitCode).toBe(1);
    expect(all.split('\n').filter((line) => line.endsWith(VERSION))).toEqual([
      `wrong signature: changed ${VERSION}`,
      `wrong signature: renamed ${VERSION}`,
      `no signature: bare ${VERSION}`,
    ]);
  });

  test('fail the audit where one is by a key that the registry does not have', async () => {
    const { exitCode, all } = await of('signed', 'of-a-stranger');
    expect([exitCode, all]).toEqual([1, expect.stringContaining(`of-a-stranger@${VERSION} has a registry signature with keyid`)]);
  });
});

/** Installs a package that would leave a file behind, and tells whether it did. */
async function leavesFile(config: string): Promise<boolean> {
  const evil = join(folder, 'evil');
  mkdirSync(evil);
  writeFileSync(
    join(evil, 'package.json'),
    JSON.stringify({ name: 'evil', version: '1.0.0', scripts: { postinstall: `touch ${JSON.stringify(join(folder, 'was-here'))}` } }),
  );
  const env = { npm_config_cache: join(folder, 'cache'), npm_config_userconfig: '/dev/null' };
  const { stdout } = await execa('npm', ['pack', '--silent', evil], { cwd: folder, env });
  const at = join(folder, 'project');
  mkdirSync(at);
  cpSync(config, join(at, '.npmrc'));
  writeFileSync(join(at, 'package.json'), '{}');
  await execa('npm', ['install', '--offline', '--no-audit', '--no-fund', `../${stdout.trim()}`], { cwd: at, env });
  expect(existsSync(join(at, 'node_modules/evil'))).toBe(true);
  return existsSync(join(folder, 'was-here'));
}

test('a package runs none of its scripts while it is installed here', async () => {
  expect(await leavesFile('.npmrc')).toBe(false);
});

test('no package that is used here wants scripts other than those that were found needless', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { hasInstallScript?: true }> };
  const wanting = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript);
  // esbuild's makes its command start faster, protobufjs's warns of versions
  expect(wanting).toEqual(['node_modules/esbuild', 'node_modules/protobufjs']);
});

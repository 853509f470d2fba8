import { execa } from 'execa';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { listening } from './helpers/ports';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'npm-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A project in this folder that has one package installed. */
function project(): void {
  const [name, version] = ['deployed', '1.0.0'];
  const lock = {
    lockfileVersion: 3,
    packages: {
      '': { dependencies: { [name]: version } },
      [`node_modules/${name}`]: { version, resolved: `https://registry.npmjs.org/${name}` },
    },
  };
  mkdirSync(join(folder, 'node_modules', name), { recursive: true });
  writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { [name]: version } }));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
}

/** The step of `make check`, by a registry of this test. */
async function audit(answer: RequestListener): Promise<{ readonly exitCode?: number; readonly all: string }> {
  project();
  const server = createServer(answer);
  onTestFinished(() => void server.close());
  const registry = `--registry=http://127.0.0.1:${await listening(server)}/`;
  const { exitCode, all } = await execa(
    join(process.cwd(), 'node_modules/.bin/tsx'),
    [join(process.cwd(), '__tests__/audit.ts'), registry],
    {
      cwd: folder,
      all: true,
      reject: false,
    },
  );
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

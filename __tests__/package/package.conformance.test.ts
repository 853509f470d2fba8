import { execa } from 'execa';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** The package as another project gets it: packed, unpacked there, and with nothing else than its peers and dependencies beside it. */
const PROJECT = process.cwd();
const root = mkdtempSync(join(tmpdir(), 'package-'));
const consumer = join(root, 'consumer');
const installed = join(consumer, 'node_modules/scale-up');
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;

/** What npm would put there, as this project has it already: the test needs no network. */
function link(name: string): void {
  const target = join(consumer, 'node_modules', name);
  mkdirSync(join(target, '..'), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules', name), target);
}

/** The smallest example, with an application that needs no packages. */
function application(folder: string): void {
  cpSync('cdktf.json', join(folder, 'cdktf.json'));
  cpSync('examples/smallest.ts', join(folder, 'main.ts'));
  mkdirSync(join(folder, 'app/public'), { recursive: true });
  writeFileSync(join(folder, 'app/server.ts'), "import { createServer } from 'node:http';\ncreateServer().listen(3000);\n");
  writeFileSync(join(folder, 'app/public/index.html'), '<!doctype html><title>Small</title>\n');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
}

beforeAll(async () => {
  await execa('npm', ['run', '--silent', 'package', '--', '--silent', '--offline', '--pack-destination', root]);
  const [archive = ''] = readdirSync(root).filter((name) => name.endsWith('.tgz'));
  mkdirSync(installed, { recursive: true });
  await execa('tar', ['--extract', '--gzip', '--strip-components=1', `--file=${join(root, archive)}`, `--directory=${installed}`]);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) link(name);
  // Also in every TypeScript project
  for (const name of ['tsx', 'typescript', '@types/node']) link(name);
  application(consumer);
});

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile());

test('holds constructs, types, agents and scripts, and nothing of the lab, the tests or the sources', () => {
  const files = filesOf(installed);
  expect(files).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist/index.cjs', 'dist/agents/mysql-member.js', 'provisioning/units/app.service']),
  );
  expect(
    files.filter(
      (file) => !/^(dist|provisioning)\/|^(CHANGELOG\.md|LICENSE|README\.md|package\.json|platform\/cli\/platform\.mjs)$/.test(file),
    ),
  ).toEqual([]);
  expect(files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
});

test('asks for no package but those that it names', () => {
  const used = [...readFileSync(join(installed, 'dist/index.cjs'), 'utf8').matchAll(/require\("([^".]+?)"\)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:'))
    .map((name) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
  // The agents have it in them; it is named so that audits look at it
  const bundled = 'mysql2';
  const named = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((name) => name !== bundled);
  expect([...new Set(used)].sort()).toEqual(named.sort());
});

describe('another project', () => {
  test.each([
    ['node16 resolution', { module: 'nodenext' }],
    ['a bundler', { module: 'preserve', moduleResolution: 'bundler' }],
  ])('compiles against its types, with %s', async (_name, options) => {
    const strict = { target: 'es2023', strict: true, noEmit: true, skipLibCheck: true, types: ['node'] };
    writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...strict, ...options }, include: ['typed.ts'] }));
    writeFileSync(
      join(consumer, 'typed.ts'),
      [
        "import { App } from 'cdktf';",
        "import { PlatformStack, type EnvironmentSettings } from 'scale-up';",
        "const settings: EnvironmentSettings = { domain: 'www.example.com', application: { entryPoint: 'a.ts', publicFolder: 'p' } };",
        "new PlatformStack(new App(), 'one', settings);",
        '// @ts-expect-error a number: the types are there, and not any',
        "new PlatformStack(new App(), 'two', { ...settings, domain: 1 });",
      ].join('\n'),
    );
    const { stdout } = await execa(join(PROJECT, 'node_modules/.bin/tsc'), ['--project', consumer], { reject: false });
    expect(stdout).toBe('');
  });

  test('synthesizes the same bytes as from the sources', async () => {
    const sources = join(root, 'sources');
    mkdirSync(sources);
    application(sources);
    symlinkSync(join(PROJECT, 'node_modules'), join(sources, 'node_modules'));
    for (const [folder, paths] of [
      [consumer, {}],
      [sources, { 'scale-up': [join(PROJECT, 'lib/index.ts')] }],
    ] as const) {
      // The same but for the sources: esbuild reads it, too
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: join(PROJECT, 'tsconfig.json'), compilerOptions: { paths } }));
      await execa('node', ['--import', 'tsx', 'main.ts'], { cwd: folder });
    }
    const [here, there] = [consumer, sources].map((folder) => join(folder, 'cdktf.out/stacks')) as [string, string];
    const files = filesOf(here).sort();
    expect(files).toEqual(filesOf(there).sort());
    expect(files.filter((file) => !readFileSync(join(here, file)).equals(readFileSync(join(there, file))))).toEqual([]);
  });

  test('is helped by the operators’ command', async () => {
    const { stdout } = await execa('node', [join(installed, 'platform/cli/platform.mjs'), '--help'], { cwd: consumer });
    expect(stdout).toContain('doctor');
    expect(existsSync(join(installed, 'platform/cli/main.ts'))).toBe(false);
  });
});

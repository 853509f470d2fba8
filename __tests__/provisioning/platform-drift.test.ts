import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A host in a folder; what systemd says is in `units`. */
let host: string;
let units: Record<string, Partial<Unit>>;
interface Unit {
  UnitFileState: string;
  ActiveState: string;
  Type: string;
  RemainAfterExit: string;
  NeedDaemonReload: string;
}
const HEALTHY: Unit = { UnitFileState: 'enabled', ActiveState: 'active', Type: 'simple', RemainAfterExit: 'no', NeedDaemonReload: 'no' };

beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), 'platform-drift-'));
  units = { 'nginx.service': {}, 'agent.timer': { Type: '' }, 'haproxy.service': { UnitFileState: 'masked', ActiveState: 'inactive' } };
  const text = readFileSync('provisioning/shared/platform-drift', 'utf8')
    .replace('/var/lib/platform/manifests', join(host, 'manifests'))
    .replace('/etc/systemd/system', join(host, 'system'));
  write('platform-drift', text);
  mkdirSync(join(host, 'manifests'));
  // A block for each unit that is asked for, in that order, as systemctl prints them
  write('bin/systemctl', '#!/bin/sh\nshift 4\nfor unit; do cat "$HOST/states/$unit"; echo; done\n');
  chmodSync(join(host, 'bin/systemctl'), 0o755);
  for (const path of ['nginx.conf', 'system/nginx.service.d/limits.conf', 'system/agent.service', 'www/releases/1/index.html']) write(path);
  units['agent.service'] = { UnitFileState: 'static', ActiveState: 'inactive', Type: 'oneshot' };
  symlinkSync('releases/1', join(host, 'www/current'));
  leave('configure', [
    ...['nginx.conf', 'system/nginx.service.d/limits.conf', 'system/agent.service'].map((path) => `file\t${join(host, path)}`),
    `tree\t${join(host, 'www/current')}`,
    ...['agent.timer', 'haproxy.service', 'nginx.service'].map((name) => `unit\t${name}`),
  ]);
});
afterEach(() => rmSync(host, { recursive: true }));

function write(path: string, text = 'a text\n'): void {
  mkdirSync(dirname(join(host, path)), { recursive: true });
  writeFileSync(join(host, path), text, { mode: 0o644 });
}

function run(words: readonly string[], input = '') {
  for (const [name, unit] of Object.entries(units)) {
    const block = Object.entries({ ...HEALTHY, ...unit }).map(([property, value]) => `${property}=${value}\n`);
    write(`states/${name}`, block.join(''));
  }
  const env = { PATH: `${join(host, 'bin')}:${process.env['PATH']}`, HOST: host };
  const { status, stdout, stderr } = spawnSync('bash', [join(host, 'platform-drift'), ...words], { encoding: 'utf8', input, env });
  return { status, output: stdout.replaceAll(`${host}/`, '/'), error: stderr };
}

/** As a step of a deploy does it at its end. */
function leave(step: string, lines: readonly string[]): void {
  const { output } = run(['describe'], lines.map((line) => `${line}\n`).join(''));
  write(`manifests/${step}`, output.replaceAll('\t/', `\t${host}/`));
}

const edit = (path: string) => writeFileSync(join(host, path), 'mine\n');
const found = () => run([]).output.trim().split('\n');

test('a host that is as it was left has no difference', () => {
  expect(run([])).toEqual({ status: 0, output: '', error: '' });
});

test.each<[string, () => void, string]>([
  ['content', () => edit('nginx.conf'), '/nginx.conf\twas edited\tconfigure'],
  ['mode', () => chmodSync(join(host, 'nginx.conf'), 0o666), '/nginx.conf\thas mode 0666 instead of 0644\tconfigure'],
  [
    'content and mode',
    () => {
      edit('nginx.conf');
      chmodSync(join(host, 'nginx.conf'), 0o600);
    },
    '/nginx.conf\twas edited, has mode 0600 instead of 0644\tconfigure',
  ],
  ['place', () => rmSync(join(host, 'nginx.conf')), '/nginx.conf\tis gone\tconfigure'],
  [
    'kind',
    () => {
      rmSync(join(host, 'nginx.conf'));
      symlinkSync('/dev/null', join(host, 'nginx.conf'));
    },
    '/nginx.conf\tis a link now\tconfigure',
  ],
])('a file of another %s is told, with the step that mends it', (_, change, line) => {
  change();
  expect(run([])).toEqual({ status: 2, output: `${line}\n`, error: '' });
});

test.each<[string, () => void]>([
  ['another content', () => edit('www/releases/1/index.html')],
  ['a file more', () => write('www/releases/1/more.html')],
  ['a file less', () => rmSync(join(host, 'www/releases/1/index.html'))],
  ['other rights', () => chmodSync(join(host, 'www/releases/1/index.html'), 0o600)],
  [
    'another release',
    () => {
      write('www/releases/2/index.html');
      rmSync(join(host, 'www/current'));
      symlinkSync('releases/2', join(host, 'www/current'));
    },
  ],
])('a release with %s is told', (_, change) => {
  change();
  expect(run([])).toEqual({ status: 2, output: '/www/current\twas edited\tconfigure\n', error: '' });
});

describe('units', () => {
  test.each<[string, Partial<Unit>, string]>([
    ['nginx.service', { ActiveState: 'inactive' }, 'is inactive\tsystemctl start nginx.service'],
    ['nginx.service', { ActiveState: 'failed' }, 'has failed\tsystemctl restart nginx.service'],
    ['nginx.service', { ActiveState: 'activating' }, 'is activating\tsystemctl start nginx.service'],
    ['nginx.service', { UnitFileState: 'disabled' }, 'is disabled instead of enabled\tsystemctl enable nginx.service'],
    ['nginx.service', { UnitFileState: 'masked' }, 'is masked instead of enabled\tsystemctl unmask nginx.service'],
    ['nginx.service', { NeedDaemonReload: 'yes' }, 'has a file that systemd has not read\tsystemctl daemon-reload'],
    ['agent.timer', { ActiveState: 'inactive', Type: '' }, 'is inactive\tsystemctl start agent.timer'],
    ['haproxy.service', { UnitFileState: 'disabled' }, 'is disabled instead of masked\tsystemctl mask --now haproxy.service'],
    ['agent.service', { ActiveState: 'failed', Type: 'oneshot' }, 'has failed\tsystemctl restart agent.service'],
  ])('%s with %j is told, with the command that mends it', (name, state, line) => {
    units[name] = { ...units[name], ...state };
    expect(run([])).toEqual({ status: 2, output: `${name}\t${line}\n`, error: '' });
  });

  test('that reload, and ones that end when their work is done, are as they should be', () => {
    units['nginx.service'] = { ActiveState: 'reloading' };
    expect(run([]).status).toBe(0);
    units['nginx.service'] = { ActiveState: 'inactive', Type: 'oneshot' };
    expect(run([]).status).toBe(0);
    units['nginx.service'] = { ActiveState: 'inactive', Type: 'oneshot', RemainAfterExit: 'yes' };
    expect(run([]).status).toBe(2);
  });
});

test('of what both steps have left counts how the later one has left it', () => {
  edit('nginx.conf');
  leave('install', [`file\t${join(host, 'nginx.conf')}`]);
  expect(run([]).status).toBe(0);
  edit('system/agent.service');
  write('nginx.conf');
  expect(found()).toEqual(['/nginx.conf\twas edited\tinstall', '/system/agent.service\twas edited\tconfigure']);
});

test('a step that has not come to its end is told', () => {
  write('manifests/configure.unfinished');
  expect(found()).toEqual(['step configure\tis under way, or has not come to its end\tconfigure']);
});

test('no hash of a file is printed', () => {
  edit('nginx.conf');
  edit('www/releases/1/index.html');
  expect(run([]).output).not.toMatch(/[0-9a-f]{16}/);
});

test('a host without a manifest, and unknown words, are no answer', () => {
  expect(run(['--all'])).toMatchObject({ status: 1, output: '', error: expect.stringContaining('platform-drift describe') as string });
  rmSync(join(host, 'manifests/configure'));
  expect(run([])).toMatchObject({ status: 1, output: '', error: expect.stringContaining('deploy this host once') as string });
});

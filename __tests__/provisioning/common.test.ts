import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let upload: string;
beforeEach(() => {
  upload = mkdtempSync(join(tmpdir(), 'common-sh-'));
  const text = readFileSync('provisioning/common.sh', 'utf8')
    .replace('/var/lib/platform/applied', join(upload, 'applied'))
    .replace('/var/lib/platform/manifests', join(upload, 'manifests'))
    .replace('/run/platform-package-lists', join(upload, 'lists'))
    .replace('/run/platform-units-changed', join(upload, 'units-changed'))
    .replace('/etc/systemd/system', join(upload, 'system'));
  writeFileSync(join(upload, 'common.sh'), text);
  for (const folder of ['files/etc', 'shared']) mkdirSync(join(upload, folder), { recursive: true });
  cpSync('provisioning/shared/platform-drift', join(upload, 'shared/platform-drift'));
  writeFileSync(join(upload, 'files/etc/a.conf'), 'one\n');
  writeFileSync(join(upload, 'host.env'), 'PRIVATE_ADDRESS=127.0.0.1\nNETWORK_GATEWAY=10.0.0.1\n');
});
afterEach(() => rmSync(upload, { recursive: true }));

/** Runs lines of a role's script against the verbs. */
function run(...lines: string[]): { status: number | null; output: string; error: string } {
  writeFileSync(join(upload, 'role.sh'), ['set -euo pipefail', 'source "$(dirname "$0")/common.sh"', ...lines].join('\n'));
  const { status, stdout, stderr } = spawnSync('bash', [join(upload, 'role.sh')], { encoding: 'utf8' });
  return { status, output: stdout, error: stderr };
}

test('die names the script and the reason, and fails', () => {
  expect(run('die "no mirror"')).toEqual({ status: 3, output: '', error: 'role.sh: ERROR: no mirror\n' });
});

test('what a service said last is shown as text, and tells the terminal of a deploy nothing', () => {
  writeFileSync(join(upload, 'journalctl'), "#!/bin/sh\nprintf 'one\\033[2J\\ttwo\\n\\302\\233three\\n'\n");
  chmodSync(join(upload, 'journalctl'), 0o755);
  expect(run(`PATH=${upload}:$PATH`, 'last_words app 2').output).toBe('one[2J\ttwo\nthree\n');
  const others = readdirSync('provisioning', { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      statSync(join('provisioning', file)).isFile() &&
      /^(?!.*see: ).*journalctl (?!.*(printable|\[:print:\]))/m.test(readFileSync(join('provisioning', file), 'utf8')),
  );
  expect(others, 'scripts that show a journal as it is').toEqual([]);
});

describe('wait_until', () => {
  test('returns as soon as the command succeeds', () => {
    const started = Date.now();
    expect(run('wait_until 10 true').status).toBe(0);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  test('fails when the time is over', () => {
    expect(run('wait_until 1 false || printf late').output).toBe('late');
  });
});

describe('replace_file', () => {
  test('sets content and mode, and leaves no half-written file', () => {
    const target = join(upload, 'target/deep/a.conf');
    expect(run(`replace_file "$(staged /etc/a.conf)" ${target} 0600`)).toMatchObject({ status: 0 });
    expect(readFileSync(target, 'utf8')).toBe('one\n');
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(execFileSync('ls', ['-A', join(upload, 'target/deep')], { encoding: 'utf8' })).toBe('a.conf\n');
  });

  test('leaves a file alone that is as it should be, and corrects content, mode and links', () => {
    const target = join(upload, 'a.conf');
    const replace = () => run(`replace_file "$(staged /etc/a.conf)" ${target} 0600`);
    replace();
    const { ino } = statSync(target);
    replace();
    expect(statSync(target).ino).toBe(ino);
    chmodSync(target, 0o644);
    replace();
    expect(statSync(target).mode & 0o777).toBe(0o600);
    writeFileSync(target, 'two\n');
    replace();
    expect(readFileSync(target, 'utf8')).toBe('one\n');
    renameSync(target, `${target}.elsewhere`);
    symlinkSync(`${target}.elsewhere`, target);
    replace();
    expect(lstatSync(target).isFile()).toBe(true);
  });

  test('says so when the file was not uploaded', () => {
    expect(run('replace_file "$(staged /etc/b.conf)" /tmp/never').error).toContain('files/etc/b.conf was not uploaded');
  });
});

describe('units', () => {
  const REPLACES_A_DROP_IN = 'replace_file "$(staged /etc/a.conf)" "$UNITS/a.service.d/a.conf"';

  beforeEach(() => {
    mkdirSync(join(upload, 'units'));
    writeFileSync(join(upload, 'units/a.service'), '[Service]\nExecStart=true\n');
    writeFileSync(
      join(upload, 'systemctl'),
      `#!/bin/sh\necho "$*" >>${upload}/asked\ncase $* in *is-enabled*) cat ${upload}/state && grep -q enabled ${upload}/state ;; show*) echo UnitFileState=enabled ;; esac\n`,
    );
    chmodSync(join(upload, 'systemctl'), 0o755);
    is('disabled');
  });

  const is = (state: string) => writeFileSync(join(upload, 'state'), state);

  /** What systemd is told to do, by a script that is run as another process. */
  function told(...lines: string[]): string[] {
    writeFileSync(join(upload, 'asked'), '');
    const { status, error } = run(`PATH=${upload}:$PATH`, `configure_role() { ${lines.join('; ')}; }`, 'main configure');
    expect({ status, error }).toEqual({ status: 0, error: '' });
    return readFileSync(join(upload, 'asked'), 'utf8')
      .split('\n')
      .map((line) => line.replace(/--(quiet|no-reload) /g, ''))
      .filter((line) => line !== '' && !/^(is-enabled|show) /.test(line));
  }

  test('are read by systemd once they are another, and not again', () => {
    expect(told('install_unit a.service')).toEqual(['daemon-reload']);
    expect(told('install_unit a.service')).toEqual([]);
    writeFileSync(join(upload, 'units/a.service'), '[Service]\nExecStart=false\n');
    expect(told('install_unit a.service')).toEqual(['daemon-reload']);
  });

  test('are read again after a change of a drop-in, also one of a run that was cut off', () => {
    told('install_unit a.service');
    expect(told(REPLACES_A_DROP_IN, 'install_unit a.service')).toEqual(['daemon-reload']);
    writeFileSync(join(upload, 'files/etc/a.conf'), 'two\n');
    run(`PATH=${upload}:$PATH`, REPLACES_A_DROP_IN);
    expect(told(REPLACES_A_DROP_IN, 'install_unit a.service')).toEqual(['daemon-reload']);
  });

  test('are read again after somebody has edited them on the host', () => {
    told('install_unit a.service');
    writeFileSync(join(upload, 'system/a.service'), '[Service]\nExecStart=other\n');
    expect(told('install_unit a.service')).toEqual(['daemon-reload']);
  });

  test('are enabled when they are not, or are others', () => {
    expect(told('install_unit a.service', 'enable_unit a.service')).toEqual(['daemon-reload', 'enable a.service', 'daemon-reload']);
    is('enabled');
    expect(told('install_unit a.service', 'enable_unit a.service')).toEqual([]);
    writeFileSync(join(upload, 'units/a.service'), '[Service]\nExecStart=false\n');
    expect(told('install_unit a.service', 'enable_unit a.service')).toEqual(['daemon-reload', 'enable a.service', 'daemon-reload']);
  });

  test('are enabled and read by these verbs in every script, since each enabling costs systemd a second', () => {
    const others = readdirSync('provisioning')
      .filter((file) => file.endsWith('.sh') && file !== 'common.sh')
      .filter((file) =>
        /systemctl (--\S+ )*(enable|mask (?!--runtime)|daemon-reload)/.test(readFileSync(join('provisioning', file), 'utf8')),
      );
    expect(others).toEqual([]);
  });

  test('are stopped and masked, unless they are masked already', () => {
    expect(told('mask_unit a.service')).toEqual(['stop a.service', 'mask a.service']);
    is('masked');
    expect(told('mask_unit a.service')).toEqual([]);
  });
});

describe('already_applied', () => {
  const asks = 'already_applied "$(staged /etc/a.conf)" && printf yes || printf no';
  const marks = 'mark_applied "$(staged /etc/a.conf)"';

  test('is false until the file was applied, and true from then on', () => {
    expect(run(asks).output).toBe('no');
    expect(run(marks, asks).output).toBe('yes');
    expect(run(asks).output).toBe('yes');
  });

  test('is false again for another content, another mode and a file that is gone', () => {
    run(marks);
    const file = join(upload, 'files/etc/a.conf');
    chmodSync(file, 0o755);
    expect(run(asks).output).toBe('no');
    chmodSync(file, 0o644);
    expect(run(asks).output).toBe('yes');
    writeFileSync(file, 'two\n');
    expect(run(asks).output).toBe('no');
    rmSync(file);
    expect(run(asks).output).toBe('no');
  });

  test('holds for the same file of a later upload, which lies in another folder', () => {
    run(marks);
    const later = mkdtempSync(join(tmpdir(), 'common-sh-later-'));
    cpSync(upload, later, { recursive: true });
    writeFileSync(join(later, 'role.sh'), `set -euo pipefail\nsource "$(dirname "$0")/common.sh"\n${asks}`);
    expect(execFileSync('bash', [join(later, 'role.sh')], { encoding: 'utf8' })).toBe('yes');
    rmSync(later, { recursive: true });
  });

  test('covers a folder with the names in it', () => {
    const folder = 'already_applied "$(staged /etc)" && printf yes || printf no';
    run('mark_applied "$(staged /etc)"');
    expect(run(folder).output).toBe('yes');
    writeFileSync(join(upload, 'files/etc/b.conf'), '');
    expect(run(folder).output).toBe('no');
  });
});

describe('what a part of a script has placed', () => {
  let target: string;
  beforeEach(() => {
    target = join(upload, 'target/a.conf');
  });
  const file = '"$(staged /etc/a.conf)"';
  const part = () => [
    `apply() { already_applied ${file} && return`,
    `replace_file ${file} ${target}.candidate`,
    `rm -f ${target}.candidate`,
    `replace_file ${file} ${target} 0600`,
    `printf applied`,
    `mark_applied ${file}; }`,
  ];
  const apply = () => run(...part(), 'apply').output;

  test('is applied once, and again after somebody has edited it, taken it away, or given it other rights', () => {
    expect([apply(), apply()]).toEqual(['applied', '']);
    for (const edit of [() => writeFileSync(target, 'mine\n'), () => rmSync(target), () => chmodSync(target, 0o644)]) {
      edit();
      expect([apply(), apply()], edit.toString()).toEqual(['applied', '']);
      expect([readFileSync(target, 'utf8'), statSync(target).mode & 0o777]).toEqual(['one\n', 0o600]);
    }
  });

  test('is applied again where a version before has left no record of it', () => {
    apply();
    rmSync(join(upload, 'applied/files_etc_a.conf.files'));
    expect([apply(), apply()]).toEqual(['applied', '']);
  });

  test('is in the manifest of the step, whether it was applied by this run or by one before; root alone may read that', () => {
    const configure = () => {
      rmSync(join(upload, 'placed'), { force: true });
      return run(...part(), `configure_role() { apply; replace_file ${file} ${target}.2; leave_to_host ${target}.3; }`, 'main configure');
    };
    const names = () =>
      readFileSync(join(upload, 'manifests/configure'), 'utf8')
        .split('\n')
        .map((line) => line.split('\t')[1]);
    expect(configure()).toMatchObject({ status: 0, output: 'applied' });
    expect(names()).toEqual([target, `${target}.2`, undefined]);
    expect(configure()).toMatchObject({ status: 0, output: '' });
    expect(names()).toEqual([target, `${target}.2`, undefined]);
    for (const secret of ['manifests/configure', 'applied/files_etc_a.conf.files'])
      expect(statSync(join(upload, secret)).mode & 0o777, secret).toBe(0o600);
  });

  test('stays as the last whole manifest tells it when a step breaks off, which is told, too', () => {
    const configure = (...lines: string[]) => run(...part(), `configure_role() { apply; ${lines.join('; ')}; }`, 'main configure').status;
    expect(configure('true')).toBe(0);
    const before = readFileSync(join(upload, 'manifests/configure'), 'utf8');
    expect(configure(`replace_file ${file} ${target}.2`, 'die broken')).toBe(3);
    expect(readFileSync(join(upload, 'manifests/configure'), 'utf8')).toBe(before);
    expect(readdirSync(join(upload, 'manifests')).sort()).toEqual(['configure', 'configure.unfinished']);
  });

  test('covers what a part within it has placed, and the other way round not', () => {
    writeFileSync(join(upload, 'files/etc/b.conf'), 'b\n');
    const inner = '"$(staged /etc/b.conf)"';
    const both = [
      `inner() { already_applied ${inner} && return; replace_file ${inner} ${target}.inner; printf 'inner '; mark_applied ${inner}; }`,
      `outer() { already_applied ${file} && return; replace_file ${file} ${target}; inner; printf outer; mark_applied ${file}; }`,
      'outer; inner',
    ];
    expect(run(...both).output).toBe('inner outer');
    expect(run(...both).output).toBe('');
    writeFileSync(target, 'mine\n');
    expect(run(...both).output).toBe('outer');
    writeFileSync(`${target}.inner`, 'mine\n');
    expect(run(...both).output).toBe('inner outer');
  });
});

describe('releases', () => {
  const add = () =>
    run(
      'source "$UPLOAD_DIR/releases.sh"',
      `id=$(add_release "$(staged /etc)" ${upload}/www)`,
      `activate_release ${upload}/www "$id"`,
      'printf "$id"',
    );
  const page = () => join(upload, 'www/current/a.conf');
  beforeEach(() => cpSync('provisioning/shared/releases.sh', join(upload, 'releases.sh')));

  test('that are there are not touched', () => {
    const { output, error } = add();
    expect(error).toBe('');
    const { ino } = statSync(page());
    expect([add().output, statSync(page()).ino]).toEqual([output, ino]);
  });

  test('that somebody has edited, or given other rights, are mended in their place, under the same name and date', () => {
    const { output } = add();
    const { mtimeMs } = statSync(page());
    for (const edit of [
      () => writeFileSync(page(), 'mine\n'),
      () => chmodSync(page(), 0o600),
      () => rmSync(page()),
      () => writeFileSync(`${page()}.more`, ''),
    ]) {
      edit();
      expect(add()).toEqual({ status: 0, output, error: '' });
      expect([readFileSync(page(), 'utf8'), statSync(page()).mode & 0o777, statSync(page()).mtimeMs]).toEqual(['one\n', 0o644, mtimeMs]);
      expect(readdirSync(join(upload, 'www/current/'))).toEqual(['a.conf']);
    }
  });

  test('that somebody edits do not change what is served while they are mended', () => {
    add();
    writeFileSync(page(), 'mine\n');
    // Every program that runs meanwhile finds a page
    writeFileSync(join(upload, 'looks'), `#!/bin/sh\ncat ${page()} >>${upload}/seen 2>&1\nexec /bin/$(basename "$0") "$@"\n`, {
      mode: 0o755,
    });
    for (const name of ['rm', 'cp', 'mv', 'ln']) symlinkSync(join(upload, 'looks'), join(upload, name));
    run(`PATH=${upload}:$PATH`, 'source "$UPLOAD_DIR/releases.sh"', `add_release "$(staged /etc)" ${upload}/www`);
    const seen = readFileSync(join(upload, 'seen'), 'utf8').trim().split('\n');
    expect(new Set(seen)).toEqual(new Set(['mine', 'one']));
  });
});

describe('install_packages', () => {
  /** What apt-get is asked to do by two scripts of a deploy. */
  function asked(): string[] {
    const log = join(upload, 'asked');
    writeFileSync(log, '');
    run(
      `apt_get() { echo "$1" >>'${log}'; }`,
      'is_installed() { [[ $1 == there ]]; }',
      'finish_interrupted_dpkg() { :; }',
      'install_packages there missing',
      'install_packages missing',
    );
    return readFileSync(log, 'utf8').trim().split('\n');
  }

  test('asks the mirrors for their lists once for all scripts of a deploy, and again ten minutes later', () => {
    expect(asked()).toEqual(['update', 'install', 'install']);
    expect(asked()).toEqual(['install', 'install']);
    const elevenMinutesAgo = new Date(Date.now() - 11 * 60_000);
    utimesSync(join(upload, 'lists'), elevenMinutesAgo, elevenMinutesAgo);
    expect(asked()).toEqual(['update', 'install', 'install']);
  });

  test('asks no mirror for what is there', () => {
    expect(run('apt_get() { echo "$1"; }', 'is_installed() { true; }', 'install_packages there')).toEqual({
      status: 0,
      output: '',
      error: '',
    });
  });

  test('fails with a sentence when no mirror can be reached, and asks anew the next time', () => {
    const { status, error } = run(
      'apt_get() { return 100; }',
      'is_installed() { false; }',
      'finish_interrupted_dpkg() { :; }',
      'wait_until() { return 1; }',
      'install_packages missing',
    );
    expect([status, error]).toEqual([3, 'role.sh: ERROR: no package mirror can be reached\n']);
    expect(run('test -f "$PACKAGE_LISTS"').status).toBe(1);
  });
});

describe('facts', () => {
  test('come from the upload, those of Terraform before those of the host', () => {
    writeFileSync(join(upload, 'facts.env'), 'FLOATING_IP=203.0.113.100\nWITH_SIGN=a=b\n');
    expect(run('fact FLOATING_IP; fact WITH_SIGN; fact PRIVATE_ADDRESS').output).toBe('203.0.113.100\na=b\n127.0.0.1\n');
  });

  test('a missing one stops the script', () => {
    expect(run('value=$(fact NOWHERE)', 'printf "never here"')).toMatchObject({
      status: 3,
      output: '',
      error: 'role.sh: ERROR: fact NOWHERE was not uploaded\n',
    });
  });
});

test('a command that fails without words of its own is named', () => {
  expect(run('find /nowhere 2>/dev/null | wc --lines >/dev/null', 'printf "never here"')).toMatchObject({
    status: 1,
    output: '',
    error: expect.stringMatching(/^role\.sh: ERROR: line \d+: .* failed\n$/) as string,
  });
  expect(run('! false', 'if false; then :; fi', 'false || printf fine')).toMatchObject({ status: 0, output: 'fine', error: '' });
});

test('the private interface is the one that has the private address, whatever its name', () => {
  expect(run('private_interface').output).toBe('lo\n');
  writeFileSync(join(upload, 'host.env'), 'PRIVATE_ADDRESS=10.255.255.254\n');
  expect(run('private_interface || printf none').output).toBe('none');
});

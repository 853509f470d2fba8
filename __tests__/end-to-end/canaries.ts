import { execa } from 'execa';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab';
import { HOST_KEY_KINDS } from '../../lib/servers/host-identity';

type Environment = Readonly<Record<string, string | undefined>>;

/** Of the value of every ephemeral variable of the stack. */
export async function canaries(lab: Lab, environment: Environment = process.env): Promise<string[]> {
  const { variable } = JSON.parse(await readFile(join(stackFolder(lab), 'cdk.tf.json'), 'utf8')) as {
    variable: Record<string, { ephemeral?: boolean }>;
  };
  const secrets = Object.entries(variable)
    .filter(([, { ephemeral }]) => ephemeral)
    .map(([name]) => name);
  return secrets.flatMap((name) => canariesOf(environment[`TF_VAR_${name}`], `TF_VAR_${name}`));
}

/**
 * Keys that the tls provider has made: in the state by nature, and nowhere else in the open. Not a server's first host key, which user
 * data tells, and which proves nothing any more: docs/decisions/0005-host-keys-are-pinned.md.
 */
export async function madeKeys(lab: Lab): Promise<string[]> {
  const { resources } = JSON.parse(await readFile(join(lab.paths.state, STATE), 'utf8')) as {
    resources: { type: string; instances: { attributes: MadeKey }[] }[];
  };
  const keys = resources
    .filter(({ type }) => type === 'tls_private_key')
    .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
  const lasting = keys.filter(({ ecdsa_curve }) => ecdsa_curve !== HOST_KEY_KINDS.first.ecdsaCurve);
  return lasting.flatMap(({ private_key_pem, private_key_openssh }) =>
    [private_key_pem, ...(private_key_openssh ? [private_key_openssh] : [])].flatMap((text) => canariesOf(text, 'tls_private_key')),
  );
}

/** The keys of session tickets that the load balancers have agreed on: in memory of both, and nowhere else. */
export async function ticketKeys(lab: Lab): Promise<string[]> {
  const pairs = (await lab.machines()).filter(({ tier, running }) => tier === 'lb' && running);
  const files = await Promise.all(pairs.map(({ name }) => lab.exec(name, ['cat', '/run/ticket-keys/keys'])));
  // None where Cloudflare shows a client certificate; an empty line would be a pattern that is found everywhere
  return [...new Set(files.flatMap(({ stdout }) => stdout.split('\n').filter(Boolean)))];
}

interface MadeKey {
  readonly ecdsa_curve?: string;
  readonly private_key_pem?: string;
  /** Empty for a kind of key that SSH does not know. */
  readonly private_key_openssh?: string;
}

const STATE = 'terraform.lab.tfstate';
const stackFolder = (lab: Lab) => join(lab.paths.state, 'cdktf.out/stacks/lab');

/** A text that can only come from the secret: its longest line, of a key one without its header; and the secret as a deploy brings it to a host. */
function canariesOf(value = '', name: string): string[] {
  const [longest = ''] = value.split('\n').sort((a, b) => b.length - a.length);
  if (longest.length < 16) throw new Error(`${name} is not set, or too short to be found; run this by \`npx lab exec\``);
  // without its end, which differs where more text follows
  return [longest, Buffer.from(value).toString('base64').slice(0, -4)];
}

/** Where a secret stands that should not: one line each, without the secret. */
export async function placesWithCanaries(lab: Lab, environment: Environment = process.env): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'canaries-'));
  try {
    const [given, made] = [[...(await canaries(lab, environment)), ...(await ticketKeys(lab))], await madeKeys(lab)];
    // In files: an argument list could be seen by the very search
    const [givenFile, allFile] = [join(folder, 'given'), join(folder, 'all')];
    await writeFile(givenFile, `${given.join('\n')}\n`, { mode: 0o600 });
    await writeFile(allFile, `${[...given, ...made].join('\n')}\n`, { mode: 0o600 });
    const places = [
      ...(await inPlan(lab, environment, folder, givenFile)),
      ...(await grep(givenFile, ['-r', '--exclude-dir=secrets', '--devices=skip', lab.paths.state])),
      ...(await grep(allFile, ['-r', '--exclude-dir=secrets', `--exclude=${STATE}*`, '--devices=skip', lab.paths.state])),
      ...(await inProcesses(allFile, '/proc', 'cmdline')),
    ];
    for (const { name } of await lab.machines()) places.push(...(await inMachine(lab, name, allFile, [...given, ...made])));
    return places;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inPlan(lab: Lab, environment: Environment, folder: string, patterns: string): Promise<string[]> {
  const plan = join(folder, 'saved.plan');
  await execa('terraform', ['plan', '-destroy', '-input=false', `-out=${plan}`], { cwd: stackFolder(lab), env: environment });
  await execa('unzip', ['-q', plan, '-d', join(folder, 'plan')]);
  return (await grep(patterns, ['-r', join(folder, 'plan')])).map((file) => `saved plan: ${file}`);
}

/** What the kernel tells of every process under a /proc: its argument list or its environment. Those that end meanwhile do not matter. */
function inProcesses(patterns: string, proc: string, file: 'cmdline' | 'environ'): Promise<string[]> {
  const files = readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => join(proc, pid, file));
  return grep(patterns, ['-s', ...files]);
}

/** Files that more than one user may read, or another than the one whose unit needs them; environments of processes, the journal, and the user data, of one machine. */
async function inMachine(lab: Lab, machine: string, patterns: string, secrets: readonly string[]): Promise<string[]> {
  const proc = `/proc/${await lab.initPid(machine)}`;
  const root = join(proc, 'root');
  const written = await writtenFiles(proc);
  // Mounts of their own beside the disk
  const folders = [written, ...['/run', '/tmp', '/dev/shm', '/srv/mysql'].map((folder) => join(root, folder))].filter((folder) =>
    existsSync(folder),
  );
  const inside = (file: string) => file.slice((file.startsWith(root) ? root : written).length);
  const every = ['-type', 'f', '-size', '-20M', '-not', '-path', '*/journal/*', '-print0'];
  const { stdout: onDisks } = await execa('find', [...folders, '-xdev', ...every], { maxBuffer: 100_000_000, reject: false });
  // Each unit's own mount
  const { stdout: ofUnits } = await execa('find', [join(root, 'run/credentials'), ...every], { reject: false });
  const { stdout: files } = await execa('xargs', ['-0', 'grep', '-l', '-s', '-a', '-F', '-f', patterns], {
    input: onDisks + ofUnits,
    reject: false,
  });
  const journal = await lab.exec(machine, ['journalctl', '--no-pager', '-o', 'cat']);
  const userData = await lab.exec(machine, ['curl', '-sf', 'http://169.254.169.254/hetzner/v1/userdata']);
  const environments = await inProcesses(patterns, join(root, 'proc'), 'environ');
  const open: string[] = [];
  for (const file of files.split('\n').filter(Boolean)) {
    if (!(await forOneUserOnly(lab, machine, inside(file)))) open.push(file);
  }
  const containsSecret = (text: string) => secrets.some((secret) => text.includes(secret));
  return [
    ...[...open, ...environments].map((file) => `${machine}: ${inside(file)}`),
    ...(containsSecret(journal.stdout) ? [`journal of ${machine}`] : []),
    ...(containsSecret(userData.stdout) ? [`user data of ${machine}`] : []),
  ];
}

/** The folder with what a machine has written to its disk; the rest is the image, which is older than every secret. */
async function writtenFiles(proc: string): Promise<string> {
  const [, upper] = / \/ \/ .* overlay .*[ ,]upperdir=([^,]+)/.exec(await readFile(join(proc, 'mountinfo'), 'utf8')) ?? [];
  if (upper === undefined) throw new Error(`the disk of process ${proc} is no overlay`);
  return upper;
}

/** Where a service keeps a secret, other than root: its user. A unit's own credentials belong to the user that the unit runs as. */
const KEPT_BY: readonly (readonly [folder: string, user: string])[] = [
  ['/srv/mysql/data/', 'mysql'], // the replication password, in mysqld's own tables and logs
  ['/srv/mysql/member/', 'mysql-member'],
  ['/var/lib/certificate-agent/', 'certificate-agent'],
];

async function forOneUserOnly(lab: Lab, machine: string, file: string): Promise<boolean> {
  const { stdout } = await lab.exec(machine, ['sh', '-c', 'stat -c "%a %U %u %G" "$1"; getent group mysql', 'sh', file]);
  const [, mode = '777', user = '', uid = '', group = ''] = /^(\d+) (\S+) (\d+) (\S+)$/m.exec(stdout) ?? [];
  const [, unit] = /^\/run\/credentials\/([^/]+)\//.exec(file) ?? [];
  if (unit)
    return mode.endsWith('00') ? user === 'root' || uid === (await uidOf(lab, machine, unit)) : mode.endsWith('0') && user === 'root';
  const owner = KEPT_BY.find(([folder]) => file.startsWith(folder))?.[1] ?? 'root';
  if (user !== owner && user !== 'root') return false;
  // mysqld reads as a member of its own group, which has no other
  return mode.endsWith('00') || (mode.endsWith('0') && group === 'mysql' && /^mysql:[^:]*:\d+:$/m.test(stdout));
}

async function uidOf(lab: Lab, machine: string, unit: string): Promise<string> {
  return (await lab.exec(machine, ['systemctl', 'show', '--property=UID', '--value', unit])).stdout.trim();
}

/** Names of the files that contain a pattern. */
async function grep(patterns: string, where: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await execa('grep', ['-l', '-a', '-F', '-f', patterns, ...where], { reject: false });
  if (exitCode !== 0 && exitCode !== 1 && stderr !== '') throw new Error(`grep: ${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

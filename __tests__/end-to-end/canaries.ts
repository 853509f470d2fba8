import { execa } from 'execa';
import { readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab/lab';

/** Every secret that Terraform was given, as text that can only come from it. */
export function canaries(): string[] {
  const secrets = ['hcloud_token', 'failover_token', 'cloudflare_token', 'mysql_admin_password', 'mysql_replication_password', 'mysql_app_password'];
  const values = secrets.map((name) => {
    const value = process.env[`TF_VAR_${name}`];
    if (!value || value.length < 16) throw new Error(`TF_VAR_${name} is not set; run this by \`npx lab exec\``);
    return value;
  });
  const keyLine = process.env['TF_VAR_ssh_private_key']?.split('\n')[2];
  if (!keyLine || keyLine.length < 40) throw new Error('TF_VAR_ssh_private_key is not set; run this by `npx lab exec`');
  return [...values, keyLine];
}

/** Where a secret stands that should not: one line each, without the secret. */
export async function placesWithCanaries(lab: Lab): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'canaries-'));
  try {
    // In a file: an argument list could be seen by the very search
    const patterns = join(folder, 'patterns');
    await writeFile(patterns, `${canaries().join('\n')}\n`, { mode: 0o600 });
    const places = [...(await inPlan(lab, folder, patterns)), ...(await inLabFolder(lab, patterns)), ...(await inProcessLists(patterns))];
    for (const { name } of await lab.machines()) places.push(...(await inMachine(lab, name, patterns)));
    return places;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function inPlan(lab: Lab, folder: string, patterns: string): Promise<string[]> {
  const plan = join(folder, 'saved.plan');
  await execa('terraform', ['plan', '-destroy', '-input=false', `-out=${plan}`], { cwd: join(lab.paths.state, 'cdktf.out/stacks/lab') });
  await execa('unzip', ['-q', plan, '-d', join(folder, 'plan')]);
  return (await grep(patterns, ['-r', join(folder, 'plan')])).map((file) => `saved plan: ${file}`);
}

/** The state, what was synthesized, and the logs of deploy and daemon. */
function inLabFolder(lab: Lab, patterns: string): Promise<string[]> {
  return grep(patterns, ['-r', '--exclude-dir=secrets', '--devices=skip', lab.paths.state]);
}

/** Argument lists of every process, those of the machines included: their host sees them all. */
function inProcessLists(patterns: string): Promise<string[]> {
  return grep(patterns, readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => `/proc/${pid}/cmdline`));
}

/** Files that somebody other than their owner may read, the journal, and the user data, of one machine. */
async function inMachine(lab: Lab, machine: string, patterns: string): Promise<string[]> {
  const { root } = await lab.report(machine);
  const { stdout: readable } = await execa('find', [root, '-xdev', '-type', 'f', '-perm', '/077', '-size', '-20M', '-not', '-path', '*/journal/*', '-print0'], { maxBuffer: 100_000_000 });
  const { stdout: files } = await execa('xargs', ['-0', 'grep', '-l', '-a', '-F', '-f', patterns], { input: readable, reject: false });
  const journal = await lab.exec(machine, ['journalctl', '--no-pager', '-o', 'cat']);
  const userData = await lab.exec(machine, ['curl', '-sf', 'http://169.254.169.254/hetzner/v1/userdata']);
  return [
    ...files.split('\n').filter(Boolean),
    ...(containsCanary(journal.stdout) ? [`journal of ${machine}`] : []),
    ...(containsCanary(userData.stdout) ? [`user data of ${machine}`] : []),
  ];
}

const containsCanary = (text: string): boolean => canaries().some((secret) => text.includes(secret));

/** Names of the files that contain a pattern. */
async function grep(patterns: string, where: readonly string[]): Promise<string[]> {
  const { exitCode, stdout, stderr } = await execa('grep', ['-l', '-a', '-F', '-f', patterns, ...where], { reject: false });
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`grep: ${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

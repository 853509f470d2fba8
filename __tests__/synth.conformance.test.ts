import { execa, type ExecaError } from 'execa';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startProviders, type StartedProviders } from '../lab/providers';
import { listen, type ListeningApi } from './lab/api/conformance/listening-api';
import { TOKEN } from './lab/api/test-client';

const PROJECT = process.cwd();
const LOCK_FILE = '.terraform.lock.hcl';
const PARTS = ['main.ts', 'cdktf.json', LOCK_FILE, 'package.json', 'tsconfig.json', 'lib', 'provisioning', 'agents', 'app', '.gen'];
const PRIVATE_KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----';
const root = mkdtempSync(join(tmpdir(), 'synth-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const environment = { CHECKPOINT_DISABLE: '1', DISABLE_VERSION_CHECK: '1', CI: '1', TF_CLI_CONFIG_FILE: '/dev/null' };

const BY_CDKTF = ['node_modules/.bin/cdktf', 'synth'];
const WITHOUT_CDKTF = ['node', '--import', 'tsx', 'main.ts'];

/** In a copy of the project; returns the folder of its stacks. Prints how long it took: the target of `cdktf synth` is 6 s on a quiet machine. */
async function synth(copy: string, [program = '', ...args]: readonly string[]): Promise<string> {
  const folder = join(root, copy);
  mkdirSync(folder, { recursive: true });
  for (const part of PARTS) cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const started = Date.now();
  await execa(program, args, { cwd: folder, env: environment });
  console.log(`${[program, ...args].join(' ')}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return join(folder, 'cdktf.out/stacks');
}

/** Path, mode and content of every file. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(folder, file)).isFile());
  return Object.fromEntries(
    files
      .sort()
      .map((file) => [`${file} ${(statSync(join(folder, file)).mode & 0o777).toString(8)}`, readFileSync(join(folder, file), 'latin1')]),
  );
}

describe('cdktf synth', () => {
  let here: string;
  let there: string;
  beforeAll(async () => {
    here = await synth('a', BY_CDKTF);
    there = await synth('another/place/further-down', WITHOUT_CDKTF);
  });

  test('gives the same bytes on any path, and as main.ts does by itself', () => {
    const [one, other] = [contents(here), contents(there)];
    expect(Object.keys(other)).toEqual(Object.keys(one));
    expect(Object.keys(one).filter((file) => one[file] !== other[file])).toEqual([]);
    expect(Object.keys(one).filter((file) => one[file]?.includes(root))).toEqual([]);
  });

  test('puts the lock file that is beside main.ts into each stack', () => {
    const stacks = readdirSync(here);
    expect(stacks.length).toBeGreaterThan(1);
    expect(stacks.map((stack) => readFileSync(join(here, stack, LOCK_FILE), 'utf8'))).toEqual(
      stacks.map(() => readFileSync(LOCK_FILE, 'utf8')),
    );
  });

  test('makes the state files before Terraform does, and nobody else can read them', () => {
    const files = readdirSync(join(root, 'a')).filter((file) => file.includes('.tfstate'));
    expect(files).toEqual(expect.arrayContaining(['terraform.lab.tfstate', 'terraform.lab.tfstate.backup']));
    expect(files.map((file) => (statSync(join(root, 'a', file)).mode & 0o777).toString(8))).toEqual(files.map(() => '600'));
  });

  describe('a copy of one stack alone', () => {
    const alone = join(root, 'alone');
    let api: ListeningApi;
    let providers: StartedProviders;
    beforeAll(async () => {
      cpSync(join(here, 'lab'), alone, { recursive: true });
      // A plan reads what can be ordered, and which servers are there
      api = await listen();
      providers = await startProviders({ endpoint: api.endpoint });
      await terraform('init', '-backend-config=path=terraform.tfstate');
    });
    afterAll(async () => {
      await providers.stop();
      await api.stop();
    });

    async function terraform(...args: string[]): Promise<string> {
      const secrets = ['failover_token', 'mysql_admin_password', 'mysql_app_password', 'mysql_replication_password', 'ssh_private_key'];
      const variables = {
        hcloud_endpoint: api.endpoint,
        hcloud_token: TOKEN,
        ssh_public_key: 'ssh-ed25519 AAAA',
        ...Object.fromEntries(secrets.map((name) => [name, 'canary'])),
      };
      const env = Object.fromEntries(Object.entries(variables).map(([name, value]) => [`TF_VAR_${name}`, value]));
      const { stdout } = await execa('terraform', args, {
        cwd: alone,
        env: { ...environment, ...env, TF_REATTACH_PROVIDERS: providers.reattach },
      });
      return stdout;
    }

    test('passes terraform validate', async () => {
      expect(await terraform('validate', '-no-color')).toContain('The configuration is valid.');
    });

    test('can be planned: nine servers, and nothing but additions', async () => {
      const plan = await terraform('plan', '-no-color', '-out=plan');
      expect(plan).toMatch(/Plan: \d+ to add, 0 to change, 0 to destroy\./);
      expect(plan.match(/"hcloud_server"/g)).toHaveLength(9);
    });

    test.each([
      ['ssh_public_key', PRIVATE_KEY],
      ['ssh_public_key', `ssh-ed25519 AAAA\n${PRIVATE_KEY}`],
      ['ssh_additional_public_keys', `ssh-ed25519 AAAA\n${PRIVATE_KEY}`],
    ])(
      'refuses text in %s that sshd could not read before anything is changed, and does not print it: it may be a private key',
      async (name, pasted) => {
        const refusal = await terraform('plan', '-no-color', `-var=${name}=${pasted}`).then(
          () => 'planned',
          ({ stdout, stderr }: ExecaError<object>) => `${String(stdout)}${String(stderr)}`,
        );
        expect(refusal).toContain(`${name} ha`);
        expect(refusal).not.toMatch(/PRIVATE KEY|b3BlbnNzaC1rZXk/);
      },
    );

    test('has no secret in its plan', async () => {
      const saved = await terraform('show', '-json', 'plan');
      expect(saved).toContain('ssh_public_key');
      expect(saved).not.toContain('canary');
    });
  });
});

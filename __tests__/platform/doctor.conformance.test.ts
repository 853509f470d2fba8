import { execa } from 'execa';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FaultOrder } from '../../lab/api';
import { doctor } from '../../platform/cli/doctor';
import type { Examination } from '../../platform/doctor/examine';
import type { Finding } from '../../platform/doctor/finding';
import { listen, type ListeningApi } from '../lab/api/conformance/listening-api';
import { TOKEN } from '../lab/api/test-client';
import { nameServer, type NameServer } from './name-server';

const FAILOVER = 'f'.repeat(64);

let project: string;
let synthesized: string;
let keys: { publicKey: string; privateKey: string };
let api: ListeningApi;
let names: NameServer;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'doctor-'));
  synthesized = join(project, 'synthesized');
  await execa('node', ['--import', 'tsx', 'main.ts'], { env: { CDKTF_OUTDIR: synthesized } });
  // 25 MB that go onto hosts: no concern of the command, and each test copies the folder
  for (const stack of readdirSync(join(synthesized, 'stacks'))) rmSync(join(synthesized, 'stacks', stack, 'assets'), { recursive: true });
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(project, 'key')]);
  keys = { privateKey: await readFile(join(project, 'key'), 'utf8'), publicKey: await readFile(join(project, 'key.pub'), 'utf8') };
});
afterAll(() => rmSync(project, { recursive: true }));
beforeEach(async () => {
  api = await listen();
  await control('PUT', '/tokens/failover', { value: FAILOVER, access: 'read-write' });
  names = await nameServer([]);
});
afterEach(async () => {
  names.stop();
  await api.stop();
  // The emulator knows every request of the command
  expect(api.project.unexpectedRequests).toEqual([]);
});

async function control(method: string, path: string, body?: object): Promise<unknown> {
  const answer = await api.control.request(path, { method, ...(body && { body: JSON.stringify(body) }) });
  return answer.status === 204 ? null : answer.json();
}
const fault = (order: FaultOrder) => control('POST', '/faults', order);

async function make(path: string, body: object): Promise<{ id: number }> {
  const answer = await fetch(`${api.endpoint}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (Object.values((await answer.json()) as object) as { id: number }[])[0]!;
}

type Variables = Readonly<Record<string, string | undefined>>;

const environment = (variables: Variables): Variables => ({
  TF_VAR_hcloud_endpoint: api.endpoint,
  TF_VAR_hcloud_token: TOKEN,
  TF_VAR_failover_token: FAILOVER,
  TF_VAR_ssh_public_key: keys.publicKey,
  TF_VAR_ssh_private_key: keys.privateKey,
  TF_VAR_mysql_admin_password: 'admin',
  TF_VAR_mysql_replication_password: 'replication',
  TF_VAR_mysql_app_password: 'app',
  ...variables,
});
/** Synth, of which other tests are, is replaced by what it wrote. */
const options = () => ({ app: `cp -r ${synthesized}/. "$CDKTF_OUTDIR"`, output: join(project, 'cdktf.out'), resolver: names.address });

/** The command as people run it. */
async function command(variables: Variables = {}, ...args: string[]): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  const given = Object.entries(options()).flatMap(([name, value]) => [`--${name}`, value]);
  const { exitCode, stdout, stderr } = await execa(
    'node',
    ['platform/cli/platform.mjs', 'doctor', ...(args.length > 0 ? args : ['lab']), ...given],
    { env: environment(variables), reject: false },
  );
  return { exitCode, stdout, stderr };
}

const examined = (variables: Variables = {}): Promise<Examination> =>
  doctor('lab', options(), { ...process.env, ...environment(variables) });
const linesOf = ({ findings }: Examination, wanted: Finding['level']): string[] =>
  findings
    .filter(({ level }) => level === wanted)
    .map(({ check, says, remedy }) => `${check}: ${says}${remedy === undefined ? '' : ` -> ${remedy}`}`);
const wrong = async (variables: Variables = {}): Promise<string[]> => linesOf(await examined(variables), 'wrong');

test('finds nothing wrong with a project that can take the first deploy, and says what it costs', async () => {
  const { exitCode, stdout, stderr } = await command();
  expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/server types +ok +cx23 can be ordered in fsn1 \(lb-1, lb-2, web-1, web-2, app-1, app-2, db-1, db-2, db-3\)/);
  expect(stdout).toMatch(/\nlb +2 x cx23 in fsn1 +\d+\.\d\d\n/);
  expect(stdout).toMatch(/\nNothing stands in the way of a deploy of lab\. One warning is above\.$/);
});

test('changes nothing: it sends one request a token that is refused in any case, and reads', async () => {
  await make('networks', { name: 'other', ip_range: '10.0.0.0/16' });
  const before = await control('GET', '/world');
  const { requests: earlier } = (await control('GET', '/requests')) as { requests: object[] };
  expect((await examined()).verdict).toBe('fine');
  expect(await control('GET', '/world')).toEqual(before);
  const { requests } = (await control('GET', '/requests')) as {
    requests: { method: string; path: string; body: unknown; status: number }[];
  };
  const own = requests.slice(earlier.length);
  expect(own.length).toBeGreaterThan(10);
  const probe = { method: 'POST', path: '/v1/ssh_keys', body: {}, status: 422 };
  expect(own.filter(({ method }) => method !== 'GET')).toEqual([expect.objectContaining(probe), expect.objectContaining(probe)]);
});

test('refuses tokens that may only read', async () => {
  await control('PUT', '/tokens/failover', { value: FAILOVER, access: 'read' });
  await control('PUT', '/tokens/terraform', { value: TOKEN, access: 'read' });
  const { exitCode, stdout } = await command({}, 'lab', '--json');
  expect(exitCode).toBe(1);
  expect(linesOf(JSON.parse(stdout) as Examination, 'wrong')).toEqual([
    expect.stringMatching(/^tokens: hcloud_token may only read -> /),
    expect.stringMatching(/^tokens: failover_token may only read -> /),
  ]);
});

test('refuses one token for both', async () => {
  expect(await wrong({ TF_VAR_failover_token: TOKEN })).toEqual([
    expect.stringMatching(/^tokens: hcloud_token and failover_token are the same/),
  ]);
});

test("shows Hetzner's words for a token that was revoked", async () => {
  await control('DELETE', '/tokens/failover');
  expect(await wrong()).toEqual([expect.stringMatching(/^tokens: failover_token: Hetzner says "unable to authenticate" -> /)]);
  await control('DELETE', '/tokens/terraform');
  expect(await wrong()).toHaveLength(2);
});

test('knows two tokens of one project as soon as there is something in it', async () => {
  expect(linesOf(await examined(), 'warning')).toContainEqual(expect.stringMatching(/^tokens: the project is empty/));
  await make('networks', { name: 'net', ip_range: '10.0.0.0/16' });
  expect(linesOf(await examined(), 'fine')).toContain('tokens: both tokens are of one project');
});

test('names the nearest type, with its price, for one that is sold out', async () => {
  await fault({ effect: { kind: 'sold-out', serverType: 'cx23', location: 'fsn1' } });
  expect(await wrong()).toEqual([
    expect.stringMatching(
      /^server types: cx23 is sold out in fsn1 \(lb-1, .*\) -> set serverType: there, \w+ can be \(\d+ cores, \d+ GB, \d+\.\d\d EUR a month net\); cx23 can be ordered in /,
    ),
  ]);
});

test('refuses a name and a key that the project has from elsewhere, and not those in the state', async () => {
  await make('placement_groups', { name: 'spread-lb-1', type: 'spread' });
  const key = await make('ssh_keys', { name: 'platform', public_key: keys.publicKey });
  expect(await wrong()).toEqual([
    expect.stringMatching(/^names: the project has a placement group spread-lb-1 /),
    expect.stringMatching(/^names: the project has a SSH key platform /),
  ]);
  await stateWith('hcloud_ssh_key', String(key.id));
  try {
    expect(await wrong()).toEqual([expect.stringMatching(/^names: the project has a placement group spread-lb-1 /)]);
  } finally {
    rmSync(join(project, 'terraform.lab.tfstate'));
  }
});

/** The state of a deploy that made no more than this. */
async function stateWith(type: 'hcloud_ssh_key', id: string): Promise<void> {
  const { resource } = JSON.parse(await readFile(join(synthesized, 'stacks/lab/cdk.tf.json'), 'utf8')) as {
    resource: Record<typeof type, object>;
  };
  const resources = [
    {
      mode: 'managed',
      type,
      name: Object.keys(resource[type])[0],
      provider: 'provider["registry.terraform.io/hetznercloud/hcloud"]',
      instances: [{ schema_version: 0, attributes: { id } }],
    },
  ];
  writeFileSync(
    join(project, 'terraform.lab.tfstate'),
    JSON.stringify({ version: 4, terraform_version: '1.11.4', serial: 1, lineage: 'test', outputs: {}, resources, check_results: null }),
  );
}

test('wants room in the rate limit', async () => {
  await control('PUT', '/rate-limit', { remaining: 40 });
  expect(await wrong()).toEqual([
    expect.stringMatching(/^rate limit: \d+ of 3600 requests an hour are left, a deploy takes some \d+ -> wait \d+ minutes/),
  ]);
});

test('could not ask: exit code 2 without a token, and when the API is away', async () => {
  const without = await command({ TF_VAR_hcloud_token: '' });
  expect(without).toMatchObject({ exitCode: 2, stdout: expect.stringMatching(/variables +WRONG +not set: TF_VAR_hcloud_token/) });
  const gone = await listen();
  await gone.stop();
  const away = await examined({ TF_VAR_hcloud_endpoint: gone.endpoint });
  expect(away.verdict).toBe('unasked');
  expect(linesOf(away, 'wrong')).toEqual([
    expect.stringMatching(/^tokens: hcloud_token: the API does not answer: .*ECONNREFUSED/),
    expect.stringMatching(/^tokens: failover_token: the API does not answer/),
  ]);
});

test('lists the environments for one that does not exist', async () => {
  expect(await command({}, 'staging')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr: 'platform: main.ts has no environment staging; it has: lab, production',
  });
});

test('shows no secret in its answer, whatever is wrong', async () => {
  const secrets = {
    TF_VAR_hcloud_token: 'h'.repeat(30),
    TF_VAR_failover_token: 'g'.repeat(30),
    TF_VAR_mysql_replication_password: 'r'.repeat(40),
    TF_VAR_ssh_private_key: keys.privateKey.replace('OPENSSH', 'CLOSED'),
  };
  const shown = JSON.stringify(await examined(secrets));
  for (const secret of Object.values(secrets)) expect(shown).not.toContain(secret.slice(0, 25));
});

import { expect, test } from 'vitest';
import { DRIFT_EXIT, couldNotAsk } from '../../../platform/cli/common';
import { readAnswer, type HostTold } from '../../../platform/drift/hosts';
import { ignoredChanges, readDifferences } from '../../../platform/drift/plan';
import { judgeDrift, renderDrift, type Difference } from '../../../platform/drift/report';
import { readServers } from '../../../platform/drift/servers';
import type { Environment } from '../../../platform/environment/stack';
import type { Host } from '../../../platform/environment/outputs';

const CONFIGURE = 'terraform_data.web_web-1_configure_0A1B2C3D';
const host = (name: string, tier: Host['tier'] = 'web'): Host => ({ name, tier, privateAddress: '10.0.2.11', publicAddress: null });
const names = {
  name: 'shop',
  sshUser: 'root',
  state: new Map(
    [CONFIGURE, 'terraform_data.web_web-1_install_0A1B2C3D', 'terraform_data.web_web-2_configure_0A1B2C3D'].map((address) => [
      address,
      { id: address },
    ]),
  ),
};
const said = (text: string, exitCode = 2, stderr = '') => ({ exitCode, stdout: `Welcome\nplatform: drift\n${text}`, stderr });

test('a file comes with the deploy that runs exactly that step of that host again', () => {
  expect(readAnswer(names, host('web-1'), said('/etc/nginx/nginx.conf\twas edited\tconfigure\n'))).toEqual({
    differences: [
      {
        where: 'web-1',
        what: '/etc/nginx/nginx.conf was edited',
        remedy: `TF_CLI_ARGS_apply=-replace=${CONFIGURE} npx cdktf deploy shop`,
      },
    ],
    unasked: [],
  });
  const [difference] = readAnswer(names, host('web-1'), said('/etc/apt/x\tis gone\tinstall\n')).differences;
  expect(difference?.remedy).toContain('-replace=terraform_data.web_web-1_install_');
});

test('a unit comes with the command for its host, by sudo where another than root logs in', () => {
  const line = 'nginx.service\tis inactive\tsystemctl start nginx.service\n';
  const remedy = (sshUser: string) => readAnswer({ ...names, sshUser }, host('web-1'), said(line)).differences[0]?.remedy;
  expect(remedy('root')).toBe('npx platform ssh -e shop web-1 systemctl start nginx.service');
  expect(remedy('deploy')).toBe('npx platform ssh -e shop web-1 sudo systemctl start nginx.service');
});

test('what a host says is no command of this shell, and cannot control the terminal', () => {
  const [difference] = readAnswer(names, host('web-1'), said('a\u001b[2J\tb\tx; rm -rf $HOME `id`\n')).differences;
  expect(difference).toEqual({ where: 'web-1', what: 'a [2J b', remedy: "npx platform ssh -e shop web-1 'x;' rm -rf '$HOME' '`id`'" });
});

test.each([
  [{ exitCode: 0, stdout: 'platform: drift\n', stderr: '' }, []],
  // ssh's output without its last line end
  [{ exitCode: 0, stdout: 'Welcome\nplatform: drift', stderr: '' }, []],
  [{ exitCode: 127, stdout: 'platform: drift\n', stderr: 'sh: 1: exec: platform-drift: not found' }, [/has no platform-drift yet/]],
  [{ exitCode: 1, stdout: 'platform: drift\n', stderr: 'there is no manifest' }, [/there is no manifest/]],
  [{ exitCode: 0, stdout: 'something else\n', stderr: '' }, [/ended with 0/]],
])('an answer %j has no difference, and says what is not known', (answer, why) => {
  const { differences, unasked } = readAnswer(names, host('web-1'), answer);
  expect(differences).toEqual([]);
  expect(unasked).toEqual(why.map((each) => expect.stringMatching(each) as string));
});

const environment = {
  servers: ['web-1', 'web-2'].map((name) => ({ name: `x-${name}`, address: `hcloud_server.web_${name}_server_0A1B2C3D` })),
} as unknown as Environment;
const told = (name: string, noAnswer: string | null = null): HostTold => ({ host: host(name), noAnswer, differences: [], unasked: [] });
const servers = (hosts: readonly HostTold[], answer: Parameters<typeof readServers>[2]) =>
  readServers({ name: 'shop', environment }, hosts, answer);
const RUNNING = { name: 'x-web-2', status: 'running' };

test('a server that is off comes with the command that switches it on, and says nothing more', () => {
  expect(servers([told('web-1', 'no answer within 5 s'), told('web-2')], [{ name: 'x-web-1', status: 'off' }, RUNNING])).toEqual({
    differences: [{ where: 'web-1', what: 'server x-web-1 is off', remedy: 'hcloud server poweron x-web-1' }],
    unasked: [],
  });
});

test('a server that is gone, or about to start, is told', () => {
  expect(servers([told('web-1', 'x'), told('web-2')], [RUNNING]).differences[0]).toMatchObject({
    what: 'server x-web-1 is gone',
    remedy: 'npx cdktf deploy shop',
  });
  expect(servers([told('web-1', 'x'), told('web-2')], [{ name: 'x-web-1', status: 'starting' }, RUNNING]).differences[0]).toMatchObject({
    what: 'server x-web-1 is starting',
  });
});

test('a host that does not answer is told, whether or not Hetzner can be asked', () => {
  const silent = { where: 'web-1', what: 'does not answer: no way', remedy: 'if it is off: hcloud server poweron x-web-1' };
  expect(servers([told('web-1', 'no way'), told('web-2')], null)).toEqual({ differences: [silent], unasked: [] });
  expect(servers([told('web-1', 'no way'), told('web-2')], [{ name: 'x-web-1', status: 'running' }, RUNNING])).toEqual({
    differences: [silent],
    unasked: [],
  });
  expect(servers([told('web-1', 'no way'), told('web-2')], { why: 'unauthorized' })).toEqual({
    differences: [silent],
    unasked: ["whether servers are off: Hetzner's API: unauthorized"],
  });
});

test('where no host answers, the cause may be here, and nothing is known of them', () => {
  expect(servers([told('web-1', 'Permission denied'), told('web-2', 'Permission denied')], null)).toEqual({
    differences: [],
    unasked: ['web-1', 'web-2'].map((name) => `files and units of ${name}, which does not answer: Permission denied`),
  });
});

const change = (address: string, actions: string[], before: object | null, after: object | null) => ({
  address,
  mode: 'managed',
  type: address.split('.')[0],
  change: { actions, before, after },
});
const plan = (resource_changes: object[], resource_drift: object[] = []) => ({ format_version: '1.2', resource_changes, resource_drift });
const SERVER = 'hcloud_server.lb_lb-1_server_0A1B2C3D';

test('what a deploy would put back is told apart from what was not deployed yet', () => {
  const edited = change(
    'hcloud_firewall.public-firewall_0A1B2C3D',
    ['update'],
    { name: 'platform', rule: [1, 2] },
    { name: 'platform', rule: [1] },
  );
  expect(readDifferences('shop', plan([edited], [edited]), new Map())).toEqual([
    { where: 'project', what: 'firewall platform differs in rule: somebody has changed it', remedy: 'npx cdktf deploy shop' },
  ]);
  expect(readDifferences('shop', plan([edited]), new Map())[0]?.what).toBe(
    'firewall platform differs in rule: main.ts or a variable has changed since the last deploy',
  );
});

test('a step that broke off, a server that is gone and one that main.ts has no more are told', () => {
  const differences = readDifferences(
    'shop',
    plan(
      [
        change(CONFIGURE, ['delete', 'create'], { id: 1 }, {}),
        change(SERVER, ['create'], null, { name: 'lb-1' }),
        change('hcloud_volume.mysql_db-4_volume_0A1B2C3D', ['delete'], { name: 'db-4-data' }, null),
      ],
      [change(SERVER, ['delete'], { name: 'lb-1' }, null)],
    ),
    new Map(),
  );
  expect(differences.map(({ where, what }) => [where, what])).toEqual([
    ['web-1', 'step configure has to run again'],
    ['lb-1', 'server lb-1 is gone'],
    ['db-4', 'volume db-4-data is in main.ts no more'],
  ]);
});

test('what Terraform leaves as somebody has changed it is told, but not what agents move', () => {
  const network = (ip: string, alias_ips: string[]) => [{ network_id: 5, ip, alias_ips }];
  const before = { name: 'lb-1', status: 'running', firewall_ids: [7, 8], network: network('10.0.1.11', ['10.0.1.10']), image: 'a' };
  const after = { name: 'lb-1', status: 'off', firewall_ids: [8], network: [], image: 'b' };
  const ignored = new Map([[SERVER, ['network', 'image']]]);
  const moved = { ...before, network: network('10.0.1.11', []) };
  const assignment = 'hcloud_floating_ip_assignment.lb_floating-ip-assignment_0A1B2C3D';
  const drift = (now: object) => [
    change(SERVER, ['update'], before, now),
    change(assignment, ['update'], { server_id: 1 }, { server_id: 2 }),
  ];
  expect(readDifferences('shop', plan([], drift(moved)), ignored)).toEqual([]);
  const told = readDifferences('shop', plan([], drift(after)), ignored);
  expect(told.map(({ what, remedy }) => [what, remedy])).toEqual([
    ['server lb-1 is off', 'hcloud server poweron lb-1'],
    ['server lb-1 has lost firewall 7', 'hcloud firewall apply-to-resource 7 --type server --server lb-1'],
    ['server lb-1 differs in network, which a deploy leaves as it is', 'hcloud server attach-to-network lb-1 --network 5 --ip 10.0.1.11'],
    ['server lb-1 differs in image, which a deploy leaves as it is', 'hcloud server delete lb-1, and deploy: it is made anew'],
  ]);
});

test('what a stack ignores is read from its lifecycles', () => {
  const stack = { resource: { hcloud_server: { a: { lifecycle: { ignore_changes: ['network'] } }, b: {} } } };
  expect([...ignoredChanges(stack)]).toEqual([
    ['hcloud_server.a', ['network']],
    ['hcloud_server.b', []],
  ]);
});

const DIFFERENCE: Difference = { where: 'web-1', what: 'nginx.service is inactive', remedy: 'npx platform ssh web-1 x' };

test('the verdict is "none" only where everything was asked for', () => {
  const verdict = (differences: Difference[], unasked: string[]) => judgeDrift('shop', [{ differences, unasked }]).verdict;
  expect([verdict([], []), verdict([], ['a plan']), verdict([DIFFERENCE], ['a plan']), verdict([DIFFERENCE], [])]).toEqual([
    'none',
    'unasked',
    'any',
    'any',
  ]);
});

test('a difference that two have seen is told once, as a row', () => {
  const report = judgeDrift('shop', [
    { differences: [DIFFERENCE], unasked: ['a plan of shop: set TF_VAR_hcloud_token'] },
    { differences: [DIFFERENCE], unasked: [] },
  ]);
  expect(renderDrift(report).join('\n')).toMatchInlineSnapshot(`
    "environment  shop

    where  what differs               remedy
    web-1  nginx.service is inactive  npx platform ssh web-1 x

    not asked: a plan of shop: set TF_VAR_hcloud_token"
  `);
  expect(renderDrift(judgeDrift('shop', [])).at(-1)).toBe('Nothing differs.');
});

test('exit codes are those of terraform plan: 2 is a difference and nothing else', () => {
  expect(DRIFT_EXIT).toEqual({ none: 0, unasked: 1, any: 2 });
  expect([couldNotAsk('drift'), couldNotAsk('status')]).toEqual([1, 2]);
});

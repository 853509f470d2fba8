import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { State } from '../../../platform/environment/state';
import { HetznerApi } from '../../../platform/hetzner/api';
import { readPrices } from '../../../platform/hetzner/project';
import { readServer } from '../../../platform/hetzner/server';
import { askCandidates } from '../../../platform/resize/ask';
import { resizeAll, type Pace, type Work } from '../../../platform/resize/carry-out';
import { isOff, pendingOf, refusals, type Candidate } from '../../../platform/resize/plan';
import { TOKEN } from '../../lab/api/test-client';
import { listen, type ListeningApi } from '../../lab/api/conformance/listening-api';
import { Terraform } from '../../lab/providers/conformance/terraform';
import { Synthesizer, variables, type Edit } from '../summary/edits';
import { FakeTiers, host } from './fake-tiers';

const NAMES = ['lb-1', 'lb-2', 'web-1', 'web-2', 'app-1', 'app-2', 'db-1', 'db-2', 'db-3'];
const LARGER: Edit = {
  loadBalancers: { serverType: 'cx33' },
  web: { serverType: 'cx33' },
  app: { serverType: 'cx33' },
  mysql: { serverType: 'cx33' },
};
const PACE: Pace = { pause: 20, api: 3_000, shutdown: 2_000, start: 1_000, well: 2_000, settle: 0 };

const synthesizer = new Synthesizer();
let emulator: ListeningApi;
let terraform: Terraform;
let api: HetznerApi;
let tiers: FakeTiers;
let said: string[];
beforeAll(async () => {
  emulator = await listen();
  const { hardware } = emulator;
  // A guest that does what it is asked for, at once
  hardware.shutdown = (id) => hardware.powerOff(id);
  api = new HetznerApi(emulator.endpoint, TOKEN);
  terraform = await Terraform.start(synthesizer.stepless({}), { endpoint: emulator.endpoint }, 'main.tf.json');
  await terraform.apply(...variables(emulator.endpoint));
});
afterAll(async () => {
  await terraform.stop();
  await emulator.stop();
  synthesizer.stop();
});
beforeEach(async () => {
  await emulator.control.request('/faults', { method: 'DELETE' });
  emulator.hardware.calls.length = 0;
  said = [];
  tiers = new FakeTiers(NAMES, (name) => isRunning(name));
  tiers.holders.set('lb', 'lb-1').set('mysql', 'db-1');
});

const idOf = (name: string) => emulator.project.servers.all().find((server) => server.name === name)!.id;
const isRunning = (name: string) => emulator.hardware.machines.get(idOf(name))?.running ?? false;
const typeOf = async (name: string) => (await readServer(api, idOf(name))).server_type.name;

/** What a plan says, in one line. */
async function plan(edit: Edit): Promise<{ exitCode: number; output: string }> {
  await terraform.write(synthesizer.stepless(edit));
  const { exitCode, output } = await terraform.run('plan', '-detailed-exitcode', ...variables(emulator.endpoint));
  return { exitCode, output: output.replace(/[\s│]+/g, ' ') };
}

async function pending(edit: Edit, ...names: readonly string[]): Promise<readonly Candidate[]> {
  const state: State = new Map(
    (await terraform.resources()).map(({ type, name, values }) => [`${type}.${name}`, { id: String(values['id']) }]),
  );
  const { environment } = synthesizer.synthesize(edit);
  const all = pendingOf(await askCandidates({ hosts: NAMES.map(host), state }, environment, api));
  return names.length > 0 ? all.filter((each) => names.includes(each.host.name)) : all;
}

const work = (changed: Partial<Work> = {}): Work => ({
  api,
  hostsOf: tiers.hostsOf,
  upgradeDisk: false,
  say: (line) => said.push(line),
  pace: PACE,
  ...changed,
});
const resize = async (edit: Edit, ...names: readonly string[]) => resizeAll(await pending(edit, ...names), work());

/** Machines that were off at the same time, of one tier. */
function powerCuts(): string[] {
  const nameOf = (id: string) => emulator.project.servers.all().find((server) => String(server.id) === id)?.name ?? id;
  return emulator.hardware.calls
    .filter((call) => /^(powerOff|powerOn) /.test(call))
    .map((call) => {
      const [verb, id = ''] = call.split(' ');
      return `${nameOf(id)} ${verb === 'powerOff' ? 'off' : 'on'}`;
    });
}

describe('a deploy with another server type', () => {
  test('is refused for each server that has the old one, with the command that resizes it', async () => {
    const { exitCode, output } = await plan({ web: { serverType: 'cx33' } });
    expect(exitCode).toBe(1);
    for (const name of ['web-1', 'web-2']) expect(output).toContain(`${name} has server_type cx23, and the settings want cx33.`);
    expect(output).toContain('npx platform resize -e ');
    expect(output).not.toMatch(/(lb|app|db)-\d has server_type cx/);
  });

  test('to one that cannot be had is refused for that reason, without advice that leads nowhere', async () => {
    for (const [type, says] of [
      ['cax11', 'Hetzner changes the type of a server only to one of the same architecture'],
      ['cx43', 'Hetzner cannot deliver cx43 in fsn1 now'],
    ] as const) {
      await emulator.control.request('/faults', {
        method: 'POST',
        body: JSON.stringify({ effect: { kind: 'sold-out', serverType: 'cx43' } }),
      });
      const { exitCode, output } = await plan({ web: { serverType: type } });
      expect([exitCode, output]).toEqual([1, expect.stringContaining(says)]);
      // Terraform also prints the line of the configuration, with what it would say
      expect(output).not.toContain('has server_type cx');
    }
  });
});

describe('a resize', () => {
  test('that would be refused by Hetzner is refused while all servers run', async () => {
    const { serverTypes } = await readPrices(api);
    const reasons = async (edit: Edit) => refusals(await pending(edit, 'web-1'), serverTypes, new Date());
    expect(await reasons({ web: { serverType: 'cax11' } })).toEqual([
      expect.stringContaining('web-1 stays a cx23: it is x86, and cax11 is Arm'),
    ]);
    await emulator.control.request('/faults', {
      method: 'POST',
      body: JSON.stringify({ effect: { kind: 'sold-out', serverType: 'cx33' } }),
    });
    const [soldOut] = refusals(await pending({ web: { serverType: 'cx33' } }, 'web-1'), (await readPrices(api)).serverTypes, new Date());
    expect(soldOut).toContain('cx33 is sold out in fsn1');
    expect(emulator.hardware.calls).toEqual([]);
  });

  test('stops at a host whose peer is not well, and leaves it in service', async () => {
    tiers.problems.set('web-2', 'http://10.0.2.12/nginx-health does not say that it is well');
    await expect(resize(LARGER, 'web-1')).rejects.toThrow(/^web-1 was not shut down, and stays a cx23: .*web-2: http/);
    expect(tiers.told.at(-1)).toContain('systemctl start nginx');
    expect(emulator.hardware.calls).toEqual([]);
  });

  test('stops at a host that cannot make way', async () => {
    tiers.failing.set('make-way', 'the group cannot do without this member');
    await expect(resize(LARGER, 'db-2')).rejects.toThrow('db-2 was not shut down, and stays a cx23: it cannot make way: the group cannot');
    expect(emulator.hardware.calls).toEqual([]);
  });

  test('for which there is no capacity after the shutdown starts the server again with its old type', async () => {
    await emulator.control.request('/faults', {
      method: 'POST',
      body: JSON.stringify({ effect: { kind: 'sold-out', serverType: 'cx33' } }),
    });
    await expect(resize(LARGER, 'web-1')).rejects.toThrow(/^web-1 stays a cx23, and serves again: Hetzner refuses cx33/);
    expect([isRunning('web-1'), await typeOf('web-1')]).toEqual([true, 'cx23']);
  });

  test('of a guest that does not shut down cuts its power, and says so', async () => {
    const { hardware } = emulator;
    const { shutdown } = hardware;
    hardware.shutdown = () => Promise.resolve();
    await resize(LARGER, 'app-1').finally(() => (hardware.shutdown = shutdown));
    expect(said).toContain('app-1 has not shut down within 2 s: its power is cut');
    expect(await typeOf('app-1')).toBe('cx33');
  });

  test('whose server does not become well stops before the next one, and says what is known', async () => {
    const { powerOn } = emulator.hardware;
    emulator.hardware.powerOn = (id) => {
      tiers.problems.set('web-1', 'nginx is away');
      return powerOn(id);
    };
    const ending = resize(LARGER, 'web-1', 'web-2').finally(() => (emulator.hardware.powerOn = powerOn));
    await expect(ending).rejects.toThrow(/^web-1 is a cx33 and runs, but is not well after 2 s: nginx is away/);
    expect([await typeOf('web-1'), await typeOf('web-2'), isRunning('web-2')]).toEqual(['cx33', 'cx23', true]);
  });

  test('that is interrupted ends between two servers', async () => {
    const ending = new AbortController();
    const say = (line: string) => {
      said.push(line);
      ending.abort();
    };
    await expect(resizeAll(await pending(LARGER, 'db-2', 'db-3'), work({ say, ending: ending.signal }))).rejects.toThrow(
      'ended between two servers',
    );
    expect([await typeOf('db-2'), await typeOf('db-3')]).toEqual(['cx33', 'cx23']);
    await resize({}, 'db-2');
  });

  test('goes on with a server that an earlier one has left off', async () => {
    await emulator.hardware.powerOff(idOf('web-2'));
    const [half] = await pending(LARGER, 'web-2');
    expect(isOff(half!.server)).toBe(true);
    await resize(LARGER, 'web-2');
    expect([isRunning('web-2'), await typeOf('web-2')]).toEqual([true, 'cx33']);
    // Nobody can log in to it
    expect(tiers.told).toEqual([]);
  });

  test('of all tiers takes one server after another, and those with a role last; a plan then finds nothing to change', async () => {
    await resize(LARGER);
    expect(powerCuts().filter((_, index) => index % 2 === 0)).toEqual(
      ['lb-2', 'lb-1', 'app-2', 'db-2', 'db-3', 'db-1'].map((name) => `${name} off`),
    );
    expect(powerCuts().filter((_, index) => index % 2 === 1)).toEqual(
      ['lb-2', 'lb-1', 'app-2', 'db-2', 'db-3', 'db-1'].map((name) => `${name} on`),
    );
    expect(tiers.told).toContain('db-1: platform-mysql make-way 120');
    for (const name of NAMES) expect(await typeOf(name), name).toBe('cx33');
    expect((await plan(LARGER)).exitCode).toBe(0);
    expect(await pending(LARGER)).toEqual([]);
  });

  test('keeps the disks, so that the way back stays open', async () => {
    expect(emulator.project.servers.all().map(({ primaryDiskSize }) => primaryDiskSize)).toEqual(NAMES.map(() => 40));
    await resize({}, 'web-1');
    expect(await typeOf('web-1')).toBe('cx23');
  });

  test('leaves servers that a deploy adds to it', async () => {
    await resize(LARGER);
    const { exitCode, output } = await plan({ ...LARGER, web: { serverType: 'cx33', serverCount: 3 } });
    expect(exitCode).toBe(2);
    expect(output).toMatch(/hcloud_server\.web_web-3_server_\w+ will be created/);
    expect(output).not.toMatch(/hcloud_\w+\.\S+ (must be replaced|will be destroyed|will be updated)/);
  });
});

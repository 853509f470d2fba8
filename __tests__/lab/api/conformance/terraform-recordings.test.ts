import { describe, expect, test } from 'vitest';
import { TestClient } from '../test-client';
import { Replay, faultFor, recording } from './replay';

const LB2 = 4200012;

/** In the order of the recorded run. */
const SCENARIOS = [
  '01-apply',
  '02-plan-no-changes',
  '14-plan-firewall-by-selector-without-ignore-flag',
  '15-apply-firewall-by-selector-without-ignore-flag',
  '03-update-server-label',
  '04-update-firewall-rules',
  '05-resize-server-type',
  '06-change-alias-ips',
  '07-change-network-route',
  '08-move-floating-ip',
  '09-grow-volume',
  '10-server-deleted-out-of-band-plan',
  '11-server-deleted-out-of-band-apply',
  '12-plan-no-changes-after-updates',
  '13-destroy',
];

describe('traffic of the Terraform provider 1.68.0', () => {
  const replay = new Replay();

  test.each(SCENARIOS)('%s is answered as it was recorded', async (name) => {
    if (name.startsWith('10-')) {
      await replay.client.delete(`/servers/${replay.idHere(LB2)}`);
      await replay.client.finish();
    }
    expect(await replay.play(recording(name))).toEqual([]);
  });

  test('after the destroy no resource is left, and no request was unknown to the emulator', async () => {
    const project = new Map(Object.entries((await replay.client.control('GET', '/world')).body));
    for (const kind of ['servers', 'networks', 'floating_ips', 'primary_ips', 'firewalls', 'placement_groups', 'ssh_keys', 'volumes']) {
      expect(project.get(kind), kind).toEqual([]);
    }
    expect(project.get('unexpectedRequests')).toEqual([]);
    expect(project.get('failures')).toEqual([]);
    expect(replay.client.hardware.machines.size).toBe(0);
    expect(replay.client.hardware.volumes.size).toBe(0);
    expect(replay.client.hardware.network).toEqual({ servers: [], routes: [] });
  });
});

/** Faults that a client met, each put in by the control path at the line where it was recorded. */
const FAULTS = [
  'error-403-json-maintenance',
  'error-404-not-found-on-refresh',
  'error-404-with-other-code-on-refresh',
  'error-500-html',
  'error-500-json-server-error',
  'error-502-html-forever',
  'error-502-html-twice-then-ok',
  'error-502-json-bad-gateway-twice-then-ok',
  'error-503-html',
  'error-503-json-unavailable-on-refresh',
  'error-504-html-twice-then-ok',
  'error-504-json-timeout-twice-then-ok',
  'error-conflict-forever-add-subnet',
  'error-conflict-forever-network',
  'error-conflict-twice-then-ok',
  'error-floating-ip-assigned-422',
  'error-invalid-input-details-null',
  'error-invalid-input-server',
  'error-invalid-input-ssh-key',
  'error-ip-not-available',
  'error-locked-attach-to-network-forever',
  'error-locked-attach-to-network-twice-then-ok',
  'error-locked-floating-ip-assign',
  'error-locked-volume-create-hot-loop',
  'error-locked-volume-attach-twice-then-ok',
  'error-no-subnet-available-twice-then-ok',
  'error-placement-error-server-create',
  'error-rate-limit-forever',
  'error-rate-limit-on-action-poll',
  'error-rate-limit-twice-then-ok',
  'error-resource-limit-exceeded-server-create',
  'error-resource-unavailable-server-create',
  'error-token-readonly',
  'error-unauthorized',
  'error-uniqueness-error-server',
  'error-uniqueness-error-ssh-key',
  'error-destroy-404-firewall-get',
  'error-destroy-404-floating-ip-get',
  'error-destroy-404-network',
  'error-destroy-404-placement-group',
  'error-destroy-404-server',
  'error-destroy-404-ssh-key',
  'error-destroy-404-volume-get',
];

describe('faults that the provider met', () => {
  test.each(FAULTS)('%s happens as it was recorded', async (name) => {
    const replay = new Replay();
    expect(await replay.play(recording(name))).toEqual([]);
    expect(replay.client.api.project.unexpectedRequests).toEqual([]);
  });

  test.each([
    ['error-action-error-create-server', 'create_server'],
    ['error-action-error-start-server', 'start_server'],
    ['error-action-error-attach-to-network-inline', 'attach_to_network'],
    ['error-action-error-attach-to-network-resource', 'attach_to_network'],
    ['error-action-error-assign-floating-ip', 'assign_floating_ip'],
  ])('%s: the action is accepted and fails', async (name, command) => {
    const replay = new Replay();
    await replay.client.fault({ effect: { kind: 'action-fails', command } });
    expect(await replay.play(recording(name))).toEqual([]);
    const failed = replay.client.api.project.actions.all().filter((action) => action.status === 'error');
    expect(failed.map((action) => action.command)).toContain(command);
  });

  test.each([
    ['error-502-after-server-was-created', 'the retry finds the name taken'],
    ['error-server-already-attached', 'the attach has happened all the same'],
  ])('%s: %s', async (name) => {
    const replay = new Replay();
    const lines = recording(name);
    const at = lines.findIndex((line) => line.injected);
    expect(await replay.play(lines.slice(0, at))).toEqual([]);
    await replay.client.fault({ effect: { ...faultFor(lines[at]!), afterwards: true }, count: 1 });
    expect(await replay.playLine({ ...lines[at]!, injected: false })).toEqual([]);
    await replay.client.finish();
    expect(await replay.play(lines.slice(at + 1))).toEqual([]);
  });

  test('error-slow-answer-30s-on-post: the answer is late, and complete', async () => {
    const [line] = recording('error-slow-answer-30s-on-post');
    const client = new TestClient();
    await client.fault({ effect: { kind: 'latency', milliseconds: 30_000 }, count: 1 });
    const answer = client.post('/ssh_keys', line!.request);
    let answered = false;
    void answer.then(() => (answered = true));
    await client.clock.advance(29_000);
    expect(answered).toBe(false);
    await client.clock.advance(2_000);
    expect((await answer).status).toBe(201);
  });
});

import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { openLab, type Lab } from '../../lab/lab';
import type { Examination } from '../../platform/doctor/examine';
import { attempt, createRandom, servedBy, type Ask, type Target } from '../../lab/traffic';
import { canaries, madeKeys, placesWithCanaries } from './canaries';
import { planAgain } from './plan-again';

/** Runs inside the client namespace of a lab to which the stack has been deployed: see run.sh. */
let lab: Lab;
let target: Target;

beforeAll(async () => {
  lab = await openLab();
  target = { address: lab.floatingIp, host: lab.domain };
});

const namesOf = async (tier: string) =>
  (await lab.machines())
    .filter((machine) => machine.tier === tier)
    .map(({ name }) => name)
    .sort();
const unique = (values: readonly (string | undefined)[]) => [...new Set(values)].sort();

function note(key: string): Ask {
  return { method: 'POST', path: '/api/notes', headers: { 'idempotency-key': key }, body: JSON.stringify({ text: `note ${key}` }) };
}

describe('through the floating IP', () => {
  test('300 mixed requests are all answered, by all web and all app servers', async () => {
    const random = createRandom('mixed requests');
    const asks = Array.from({ length: 300 }, (_, n): Ask =>
      random.next() < 0.3
        ? note(`mixed-${n}`)
        : { method: 'GET', path: random.pick(['/', '/api/whoami', '/api/notes', '/api/download?bytes=100000']) },
    );
    const served: ReturnType<typeof servedBy>[] = [];
    for (let n = 0; n < asks.length; n += 10) {
      for (const [i, result] of (await Promise.all(asks.slice(n, n + 10).map((ask) => attempt(target, ask)))).entries()) {
        expect(result.error?.message ?? result.answer!.status, `${asks[n + i]!.method} ${asks[n + i]!.path}`).toBeOneOf([200, 201]);
        served.push(servedBy(result.answer!));
      }
    }
    expect(unique(served.map((by) => by?.web)).filter(Boolean)).toEqual(await namesOf('web'));
    expect(unique(served.map((by) => by?.app)).filter(Boolean)).toEqual(await namesOf('app'));
  });

  test('plain http is redirected to https', async () => {
    const { stdout } = await execa('curl', [
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{redirect_url}',
      '-H',
      `Host: ${lab.domain}`,
      `http://${lab.floatingIp}/a?b=c`,
    ]);
    expect(stdout).toBe(`301 https://${lab.domain}/a?b=c`);
  });

  test('a written note is read back from each member of the group', async () => {
    const { answer } = await attempt(target, note('on-each-member'));
    expect(answer?.status).toBeOneOf([200, 201]);
    for (const member of await namesOf('mysql')) {
      await expect
        .poll(
          async () =>
            (await lab.exec(member, ['mysql', '-N', '-e', "SELECT text FROM app.notes WHERE text = 'note on-each-member'"])).stdout.trim(),
          { timeout: 10_000 },
        )
        .toBe('note on-each-member');
    }
  });
});

test('a second plan of the whole stack is empty', async () => {
  const { exitCode, stdout } = await planAgain(lab);
  expect(exitCode, stdout.slice(-4000)).toBe(0);
});

test('npx platform doctor has no warnings for a healthy platform', async () => {
  const { exitCode, stdout } = await execa('npx', ['platform', 'doctor', 'lab', '--json'], { reject: false });
  const { findings } = JSON.parse(stdout) as Examination;
  expect(findings.filter(({ level }) => level !== 'fine')).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['programs', 'variables', 'tokens', 'rate limit', 'server types', 'names', 'DNS', 'certificate']),
  );
  expect(exitCode).toBe(0);
});

test('no secret is in the state, the plan, synthesized files, user data, process lists, environments or logs', async () => {
  expect((await canaries(lab)).length).toBeGreaterThanOrEqual(12);
  expect((await madeKeys(lab)).length).toBeGreaterThanOrEqual(12);
  expect(await placesWithCanaries(lab)).toEqual([]);
});

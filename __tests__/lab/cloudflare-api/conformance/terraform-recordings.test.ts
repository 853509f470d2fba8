import { describe, expect, test } from 'vitest';
import { faultFor, recording, Replay } from './replay';

type Prepare = (replay: Replay) => void | Promise<void>;

const records = (replay: Replay) => [...replay.client.api.account.records.values()];
const eccCertificate = (replay: Replay) =>
  [...replay.client.api.account.certificates.values()].find(
    ({ requestType, revokedAt }) => requestType === 'origin-ecc' && revokedAt === null,
  )!;

/** What others had done before, when it was recorded. */
const BEFORE: Readonly<Record<string, Prepare>> = {
  '13': async (replay) => {
    const { id } = records(replay).find(({ name }) => name === 'direct.example.com')!;
    await replay.client.request('DELETE', `/zones/${replay.client.zoneId}/dns_records/${id}`);
  },
  '15': async (replay) => {
    await replay.client.request('PATCH', `/zones/${replay.client.zoneId}/settings/ssl`, { value: 'flexible' });
    records(replay).find(({ type }) => type === 'AAAA')!.content = '2001:db8::bad';
  },
  '18': (replay) => {
    eccCertificate(replay).revokedAt = replay.client.api.account.now();
  },
  '20': (replay) => {
    eccCertificate(replay).expiresOn = new Date(0);
  },
};
// 17 is a certificate that is revoked and can still be read: see certificates.test.ts
const RUN = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12', '13', '14', '15', '16', '18', '19', '20', '21'];

describe('traffic of the Terraform provider 5.14.0', () => {
  const replay = new Replay();
  test.each(RUN)('%s is answered as it was recorded', async (number) => {
    await BEFORE[number]?.(replay);
    expect(await replay.play(recording(`${number}-`))).toEqual([]);
  });

  test('after the destroy no record and no certificate is left, and nothing was asked that the emulator does not know', () => {
    const { records, certificates, pullCertificates, unexpectedRequests, failures } = replay.client.api.account;
    expect([records.size, [...certificates.values()].filter(({ revokedAt }) => revokedAt === null).length, pullCertificates.size]).toEqual([
      0, 0, 0,
    ]);
    expect([unexpectedRequests, failures]).toEqual([[], []]);
  });
});

describe('what was recorded alone', () => {
  test.each(['26', '29', 'error-400-identical-record-in-one-stack'])('%s is answered as it was recorded', async (name) => {
    expect(await new Replay().play(recording(name))).toEqual([]);
  });

  test.each(['22', '27', '28'])('%s, which begins with a record', async (name) => {
    const lines = recording(`${name}-`);
    const replay = new Replay();
    const { name: host, type, content, ttl, proxied } = (lines[0]!.response as { result: Record<string, unknown> }).result;
    replay.learn(lines[0]!.response, (await replay.client.record({ name: host, type, content, ttl, proxied })).body);
    expect(await replay.play(lines)).toEqual([]);
  });

  test.each(['23', '31'])('%s, which begins with a certificate', async (name) => {
    const lines = recording(`${name}-`);
    const replay = new Replay();
    const { csr, hostnames, request_type, requested_validity } = (lines[0]!.response as { result: Record<string, unknown> }).result;
    replay.learn(
      lines[0]!.response,
      (await replay.client.post('/certificates', { csr, hostnames, request_type, requested_validity })).body,
    );
    expect(await replay.play(lines)).toEqual([]);
  });
});

/** Faults that the provider met, each put in by the control path at the line where it was recorded. */
const FAULTS = [
  'error-400-identical-record-81058',
  'error-401-unauthorized',
  'error-403-authentication-10000',
  'error-403-invalid-token-9109',
  'error-408-forever',
  'error-409-forever',
  'error-409-twice-then-ok',
  'error-500-json-forever',
  'error-502-html-forever',
  'error-503-json-twice-then-ok',
  'error-delete-404-81044',
  'error-refresh-400-1001-invalid-zone',
  'error-refresh-403-10000',
  'error-refresh-404-81044',
  'error-refresh-404-html',
  'error-refresh-500-forever',
];

describe('faults that the provider met', () => {
  test.each(FAULTS)('%s comes about as it was recorded', async (name) => {
    const replay = new Replay();
    expect(await replay.play(recording(name))).toEqual([]);
    expect(replay.client.api.account.unexpectedRequests).toEqual([]);
  });

  test.each([
    ['error-502-after-record-was-created', 'the retry meets the record'],
    ['error-502-after-certificate-was-issued', 'the retry gets a second certificate'],
  ])('%s: %s', async (name) => {
    const replay = new Replay();
    const [lost, ...rest] = recording(name);
    await replay.client.fault({ effect: { ...faultFor(lost!), afterwards: true }, count: 1 });
    expect(await replay.playLine({ ...lost!, injected: false })).toEqual([]);
    expect(await replay.play(rest)).toEqual([]);
    expect(replay.client.api.account.records.size + replay.client.api.account.certificates.size).toBe(name.includes('certificate') ? 2 : 1);
  });
});

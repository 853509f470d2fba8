import { expect, onTestFinished, test } from 'vitest';
import { longestOutage, ofStream, type Operation } from '../../../lab/checkers';
import { createRandom, pause, request, RequestError, startTraffic, type Client } from '../../../lab/traffic';
import { downloads, events } from '../../../lab/traffic/long-lived';
import { writers, readers } from '../../../lab/traffic/notes';
import { keepAlive, probes } from '../../../lab/traffic/reading';
import { retrying } from '../../../lab/traffic/retry';
import { fakeService, type FakeService } from './fake-service';

async function service(): Promise<FakeService> {
  const fake = await fakeService();
  onTestFinished(() => fake.stop().catch(() => undefined));
  return fake;
}

function client(fake: FakeService) {
  const history: Operation[] = [];
  const stopping = new AbortController();
  const self: Client = {
    target: { address: '127.0.0.1', port: fake.port, host: 'www.example.test' },
    random: createRandom('test'),
    runId: 'run',
    stopping: stopping.signal,
    notes: [],
    record: (operation) => void history.push(operation),
  };
  return { self, history, stop: () => stopping.abort() };
}

async function during<T>(milliseconds: number, stop: () => void, work: Promise<T>): Promise<T> {
  await pause(milliseconds);
  stop();
  return work;
}

test('probes keep their rate and see an outage from its first to its last moment', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  const work = probes(self, { perSecond: 20 });
  await pause(500);
  await fake.stop();
  await pause(700);
  await fake.start();
  await during(500, stop, work);
  expect(ofStream(history, 'probe').length).toBeGreaterThanOrEqual(30);
  const outage = longestOutage(history)!;
  expect(outage).toBeGreaterThan(600);
  expect(outage).toBeLessThan(1000);
});

test('clients with a lower rate than usual send that share of their requests', async () => {
  const { self, history, stop } = client(await service());
  await during(1000, stop, probes({ ...self, rate: 0.2 }, { perSecond: 50 }));
  expect(ofStream(history, 'probe').length).toBeGreaterThan(5);
  expect(ofStream(history, 'probe').length).toBeLessThan(15);
});

test('an operation names the servers that answered it', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  await during(300, stop, keepAlive(self));
  expect(history[0]).toMatchObject({
    stream: 'keep-alive',
    outcome: 'acknowledged',
    status: 200,
    servedBy: { web: 'web-1', app: 'app-1', database: 'db-1' },
  });
});

test('tells a request that cannot have been executed from one that may have been', async () => {
  const fake = await service();
  const target = { address: '127.0.0.1', port: fake.port, host: 'www.example.test' };
  fake.swallowAnswers = true;
  const swallowed = await request(target, { method: 'POST', path: '/api/notes', body: '{"text":"a"}' }).catch((error: unknown) => error);
  await fake.stop();
  const refused = await request(target, { method: 'GET', path: '/' }).catch((error: unknown) => error);
  expect(swallowed).toBeInstanceOf(RequestError);
  expect(swallowed).toMatchObject({ progress: 'sent' });
  expect(refused).toMatchObject({ progress: 'connecting' });
});

test('refuses a certificate that the given CA did not sign', async () => {
  const [fake, other] = [await service(), await service()];
  const { self } = client(fake);
  const ca = await import('node:tls').then(
    ({ connect }) =>
      new Promise<string>((resolve) => {
        const socket = connect({ port: other.port, rejectUnauthorized: false }, () => {
          resolve(`-----BEGIN CERTIFICATE-----\n${socket.getPeerCertificate().raw.toString('base64')}\n-----END CERTIFICATE-----\n`);
          socket.end();
        });
      }),
  );
  await expect(request({ ...self.target, ca }, { method: 'GET', path: '/' })).rejects.toThrow(/SELF_SIGNED/);
});

test('repeats a write with the same key until it is acknowledged, and the note exists once', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  fake.swallowAnswers = true;
  const work = writers(self, { writers: 1, perSecond: 10 });
  await pause(400);
  fake.swallowAnswers = false;
  await during(300, stop, work);
  expect(history[0]).toMatchObject({ outcome: 'acknowledged', status: 200, note: { key: 'run-write-0-1', id: '1' } });
  expect(history[0]!.attempts).toBeGreaterThan(1);
  expect(new Set(fake.rows.map((row) => row.text)).size).toBe(fake.rows.length);
});

test('calls a write unknown when an attempt was sent and no answer came before the deadline', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  fake.swallowAnswers = true;
  await during(100, stop, writers(self, { writers: 1, perSecond: 1, retry: { deadlineMilliseconds: 300 } }));
  expect(history[0]).toMatchObject({ outcome: 'unknown', note: { key: 'run-write-0-1' } });
});

test('calls a write failed when no attempt ever reached a server', async () => {
  const fake = await service();
  await fake.stop();
  const { self, history, stop } = client(fake);
  await during(100, stop, writers(self, { writers: 1, perSecond: 1, retry: { deadlineMilliseconds: 200 } }));
  expect(history[0]).toMatchObject({ outcome: 'failed' });
  expect(history[0]!.error).toMatch(/ECONNREFUSED/);
});

test('does not repeat what was refused for good', async () => {
  const fake = await service();
  fake.refuse = () => 422;
  const { self } = client(fake);
  const result = await retrying(self.target, { method: 'POST', path: '/api/notes', body: '{}' }, self.random);
  expect(result).toMatchObject({ attempts: 1, maybeExecuted: false, answer: { status: 422 } });
});

test('reads back what was acknowledged, and records "no such note" as an answer', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  await during(300, stop, Promise.all([writers(self, { perSecond: 40 }), readers(self, { perSecond: 20 })]));
  const { self: late, history: lateHistory, stop: lateStop } = client(fake);
  late.notes.push({ key: 'gone', text: 'gone', id: '99999' });
  await during(150, lateStop, readers(late));
  expect(ofStream(history, 'read')[0]!.note).toMatchObject({ seen: expect.stringMatching(/^run write/) as string });
  expect(lateHistory[0]).toMatchObject({ outcome: 'acknowledged', status: 404, note: { key: 'gone', seen: null } });
});

test('counts a download that breaks off as failed', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  const work = downloads(self, { bytes: 20_000_000, seconds: 5 });
  await pause(300);
  await fake.stop();
  await during(100, stop, work);
  expect(history[0]).toMatchObject({ stream: 'download', outcome: 'failed', error: expect.stringMatching(/of 20000000 bytes/) as string });
});

test('hears events on one connection and notices when it breaks', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  const work = events(self);
  await pause(300);
  await fake.stop();
  await during(300, stop, work);
  expect(history.filter((operation) => operation.outcome === 'acknowledged').length).toBeGreaterThan(2);
  expect(history.some((operation) => operation.outcome === 'failed')).toBe(true);
});

test('a client that repeats a request gives up when its patience is over', async () => {
  const fake = await service();
  const { self, history, stop } = client(fake);
  await fake.stop();
  await during(100, stop, writers({ ...self, patienceMilliseconds: 400 }, { writers: 1 }));
  const [write] = ofStream(history, 'write');
  expect(write).toMatchObject({ outcome: 'failed' });
  expect(write!.end - write!.start).toBeGreaterThan(400);
  expect(write!.end - write!.start).toBeLessThan(5000);
});

test('runs the clients in a process of their own and brings back the whole history', async () => {
  const fake = await service();
  const traffic = startTraffic({
    target: { address: '127.0.0.1', port: fake.port, host: 'www.example.test' },
    streams: ['probes', 'writers', 'readers', 'events'],
    seed: '1',
    runId: 'run',
  });
  onTestFinished(async () => void (await traffic.stop()));
  expect(await traffic.serving({ count: 10, timeoutMilliseconds: 10_000 })).toBe(true);
  const history = await traffic.stop();
  expect(await traffic.stop()).toBe(history);
  expect(ofStream(history, 'write').filter((write) => write.outcome === 'acknowledged')).toHaveLength(fake.rows.length);
});

test('gives the same choices for the same seed, and independent ones for its parts', () => {
  const draw = (seed: string) => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw('a')).toEqual(draw('a'));
  expect(draw('a')).not.toEqual(draw('b'));
  expect(createRandom('a').fork('x').next()).toBe(createRandom('a/x').next());
});

/** The ways to an application that are compared: all of them run, and lead to the same processes and files. */
import { once } from 'node:events';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { Chain } from '../../helpers/chain';
import { Mysqld } from '../../helpers/mysqld';
import { run } from '../../../lab/machines/command';
import { Sample } from '../app/sample';
import { whileRunning } from '../running';
import { Caddy } from './caddy';
import { plainHaproxy, plainNginx } from './plain';
import type { Program, Way } from './table';

export type Pids = Readonly<Partial<Record<Program, number>>>;

export interface Target {
  /** `https://127.0.0.1:8443` */
  readonly origin: string;
  /** What works on a request there. */
  readonly pids: Pids;
}

/** What is asked for. */
export interface Kind {
  readonly what: string;
  readonly path: string;
  /** The first program that can answer by itself: what `bare` asks. */
  readonly answeredBy: 'Nginx' | 'Node';
}

export interface Application {
  readonly port: number;
  /** Its processes, and its database's. */
  readonly pids: Pids;
  readonly kinds: readonly Kind[];
  /** What it brings along, with version: `MySQL 8.4.10`. */
  readonly programs: readonly string[];
  stop(): Promise<void>;
}

export type Targets = Readonly<Record<Way, Target>>;

/** The cheapest answer that Node can give. */
export async function smallestApplication(): Promise<Application> {
  const app = fork('__tests__/benchmarks/chain/app.ts', { execArgv: ['--import', 'tsx'] });
  const [port] = (await once(app, 'message')) as [number];
  return {
    port,
    pids: { Node: app.pid! },
    kinds: [
      { what: 'static file', path: '/file.txt', answeredBy: 'Nginx' },
      { what: 'small answer of Node', path: '/api/small', answeredBy: 'Node' },
    ],
    programs: [],
    stop: async () => void app.kill(),
  };
}

/** A page shows so many. */
const NOTES = 50;

/** The sample application with a mysqld from the system at `root`. Needs root. */
export async function sampleApplication(root: string): Promise<Application> {
  const mysqld = await Mysqld.start(root);
  let sample: Sample | undefined;
  const stop = async () => {
    await sample?.stop();
    await mysqld.stop();
  };
  try {
    sample = await Sample.start(mysqld);
    await storeNotes(sample);
    return {
      port: sample.port,
      pids: { Node: sample.process.pid!, MySQL: mysqld.pid },
      programs: [`MySQL ${await mysqld.version()}`],
      kinds: [{ what: 'database page', path: '/api/notes', answeredBy: 'Node' }],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function storeNotes(sample: Sample): Promise<void> {
  for (let number = 1; number <= NOTES; number += 1) {
    const { status } = await fetch(sample.url('/api/notes'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `benchmark-${number}` },
      body: JSON.stringify({ text: `note ${number} of the benchmark` }),
    });
    if (status !== 201) throw new Error(`the application answers ${status} to a note`);
  }
}

export const chainTarget = ({ https, haproxy, webs }: Chain, behind: Pids): Target => ({
  origin: `https://127.0.0.1:${https}`,
  pids: { HAProxy: haproxy.pid!, Nginx: webs[0]!.pid, ...behind },
});

/** Starts what leads to the application, and stops it afterwards. */
export function withTargets<T>({ port, pids }: Application, use: (targetsOf: (kind: Kind) => Targets) => Promise<T>): Promise<T> {
  return whileRunning(async (started) => {
    const ours = await started(Chain.start({ apps: [port], webServers: 1 }));
    const plain = await started(Chain.start({ apps: [port], webServers: 1, haproxy: plainHaproxy, nginx: plainNginx }));
    const web = ours.webs[0]!;
    const caddy = await started(Caddy.start({ app: port, publicFolder: join(web.folder, 'public'), site: join(ours.folder, 'site.pem') }));
    const bare = {
      Nginx: { origin: `http://127.0.0.1:${web.port}`, pids: { Nginx: web.pid } },
      Node: { origin: `http://127.0.0.1:${port}`, pids },
    };
    return use((kind) => ({
      ours: chainTarget(ours, pids),
      plain: chainTarget(plain, pids),
      Caddy: { origin: `https://127.0.0.1:${caddy.https}`, pids: { Caddy: caddy.pid, ...pids } },
      bare: bare[kind.answeredBy],
    }));
  });
}

/** @throws if one of them answers something else, since that would not be compared */
export async function requireSameAnswers(targets: Targets, path: string): Promise<void> {
  const answers = await Promise.all(
    Object.entries(targets).map(async ([way, { origin }]) => {
      const answer = await run(['curl', '--insecure', '--fail', '--silent', '--show-error', '--max-time', '10', origin + path]);
      // The sample application names the web server that it was asked by, if that says its name
      return [way, answer.replace(/"web":("[^"]*"|null),?/, '')] as const;
    }),
  );
  const [, expected] = answers.find(([way]) => way === 'bare')!;
  for (const [way, answer] of answers)
    if (answer !== expected) throw new Error(`${path}: ${way} answers ${answer.slice(0, 200)}, want ${expected.slice(0, 200)}`);
}

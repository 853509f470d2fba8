import { execa, type Options, type Result, type ResultPromise } from 'execa';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Deployed } from '../environment/deployed';
import type { Host } from '../environment/outputs';
import { FILES, renderSshConfig } from './config';
import { chooseLogin, type ChosenLogin } from './login';
import { printable } from './quote';

export interface ReachOptions {
  /** File of a private key. @default TF_VAR_ssh_private_key, else what ssh finds by itself */
  readonly identity?: string | undefined;
  /** How long a host may take to be reached, in seconds. */
  readonly timeout: number;
}

/** A host cannot be logged in to; the message is ssh's own, or how long it was waited for. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What a host has answered to a command. */
export interface Answered {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** ssh's own exit code for whatever fails before the command. */
const SSH_FAILED = 255;
const READY = 'platform: ready';
const BANNER = 'SSH-2.0';

/**
 * Ways by SSH to the hosts of an environment, over any load balancer that answers. As long as it is open there is one connection to each of
 * them, which all that go through it share.
 */
export class Reach {
  readonly #masters = new Map<string, Promise<void>>();
  readonly #children = new Set<ResultPromise>();
  readonly #timeout: number;
  /** What Ctrl-C does. */
  onInterrupt: () => void = () => process.exit(130);

  private constructor(
    readonly deployed: Deployed,
    private readonly folder: string,
    private readonly chosen: ChosenLogin,
    timeout: number,
  ) {
    this.#timeout = timeout;
  }

  /** Opens ways, does something, and closes them. */
  static async using<T>(
    deployed: Deployed,
    { identity, timeout }: ReachOptions,
    env: NodeJS.ProcessEnv,
    act: (reach: Reach) => Promise<T>,
  ): Promise<T> {
    const folder = mkdtempSync(join(tmpdir(), 'platform-'));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    const terminate = () => process.exit(143);
    process.once('exit', remove);
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, terminate);
    try {
      const chosen = await chooseLogin(identity, folder, env);
      try {
        const config = renderSshConfig({ ...deployed, login: chosen.login, timeoutSeconds: Math.ceil(timeout) });
        await writeFile(join(folder, FILES.config), config);
        await writeFile(join(folder, FILES.knownHosts), deployed.knownHosts ?? '');
        const reach = new Reach(deployed, folder, chosen, timeout * 1000);
        const interrupt = () => reach.onInterrupt();
        process.on('SIGINT', interrupt);
        try {
          return await act(reach);
        } finally {
          process.off('SIGINT', interrupt);
          reach.#end();
        }
      } finally {
        chosen.end();
      }
    } finally {
      for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.off(signal, terminate);
      process.off('exit', remove);
      remove();
    }
  }

  /**
   * Runs a line in the shell of a host, and collects what it prints. A command that fails is an answer.
   * @throws NoAnswer when the host cannot be reached, or has not answered in time
   * @param seconds from now on, way and command together. @default as long as a host may take to be reached
   */
  async run(host: Host, line: string, seconds?: number): Promise<Answered> {
    const timeout = seconds === undefined ? this.#timeout : seconds * 1000;
    const begin = performance.now();
    const way = await this.wayTo(host);
    const left = Math.max(1, timeout - (performance.now() - begin));
    const result = await this.#ssh([...way, host.name, line], { timeout: left });
    if (result.timedOut) throw new NoAnswer(`no answer within ${timeout / 1000} s`);
    if (result.exitCode === SSH_FAILED) throw new NoAnswer(whyOf(result));
    return { exitCode: result.exitCode ?? 1, stdout: text(result.stdout), stderr: text(result.stderr) };
  }

  /** A session at this terminal: exit code of the command. @param line undefined: a login shell */
  async session(host: Host, line: string | undefined, { terminal }: { readonly terminal: boolean }): Promise<number> {
    const way = await this.wayTo(host);
    // For the command on the host to decide
    this.onInterrupt = () => undefined;
    const argv = [...way, terminal ? '-t' : '-T', host.name, ...(line === undefined ? [] : [line])];
    return (await this.#ssh(argv, { stdin: 'inherit', stdout: 'inherit', stderr: 'inherit' })).exitCode ?? SSH_FAILED;
  }

  /** Starts a line in the shell of a host, whose standard output is read as it comes. @throws NoAnswer */
  async start(host: Host, line: string): Promise<{ readonly output: Readable; readonly ended: Promise<Answered> }> {
    const child = this.#ssh([...(await this.wayTo(host)), host.name, line], { buffer: { stdout: false } });
    const ended = child.then((result) => {
      if (result.exitCode === SSH_FAILED) throw new NoAnswer(whyOf(result));
      return { exitCode: result.exitCode ?? 1, stdout: '', stderr: text(result.stderr) };
    });
    // The caller reads the output afterwards
    ended.catch(() => undefined);
    return { output: child.stdout as Readable, ended };
  }

  /** Arguments for ssh: over the first load balancer from which the host shows that it speaks SSH. @throws NoAnswer */
  async wayTo(host: Host): Promise<string[]> {
    if (host.publicAddress !== null) {
      await this.#master(host.name);
      return [];
    }
    const loadBalancers = this.deployed.hosts.filter(({ publicAddress }) => publicAddress !== null);
    const late = AbortSignal.timeout(this.#timeout);
    const tries = loadBalancers.map(async ({ name }) => {
      await this.#master(name);
      await this.#banner(name, host, late);
      return name;
    });
    try {
      return ['-o', `ProxyJump=${await Promise.any(tries)}`];
    } catch (error) {
      throw new NoAnswer(
        byWay(
          loadBalancers.map(({ name }) => name),
          (error as AggregateError).errors.map((each) => (each instanceof Error ? each.message : String(each))),
        ),
        { cause: error },
      );
    }
  }

  /** The connection to a load balancer that others share. @throws NoAnswer */
  #master(name: string): Promise<void> {
    const known = this.#masters.get(name);
    if (known) return known;
    // It ends when this process does, since its command then reads the end of its input
    const child = this.#ssh(['-M', '-o', 'ControlPersist=no', name, `echo '${READY}'; exec cat >/dev/null`], { stdin: 'pipe' });
    const made = this.#says(child, READY, AbortSignal.timeout(this.#timeout));
    this.#masters.set(name, made);
    return made;
  }

  /** A host that has power and a network answers with this before anybody has logged in. @throws NoAnswer */
  async #banner(loadBalancer: string, { privateAddress }: Host, late: AbortSignal): Promise<void> {
    const child = this.#ssh(['-W', `${privateAddress}:22`, loadBalancer], { stdin: 'pipe' });
    try {
      await this.#says(child, BANNER, late);
    } finally {
      child.kill();
    }
  }

  async #says(child: ResultPromise, wanted: string, late: AbortSignal): Promise<void> {
    let said = '';
    try {
      await new Promise<void>((resolve, reject) => {
        child.stdout?.on('data', (chunk: Buffer) => {
          if (said.length < 65_536) said += chunk.toString();
          if (said.includes(wanted)) resolve();
        });
        const tooLate = () => reject(new NoAnswer(`no answer within ${this.#timeout / 1000} s`));
        if (late.aborted) tooLate();
        late.addEventListener('abort', tooLate);
        void child.then((result) => reject(new NoAnswer(whyOf(result))));
      });
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  #ssh(args: readonly string[], options: Options): ResultPromise {
    const child = execa('ssh', ['-F', FILES.config, ...args], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      ...options,
      cwd: this.folder,
      env: this.chosen.env,
      reject: false,
    }) as ResultPromise;
    this.#children.add(child);
    void child.then(() => this.#children.delete(child));
    return child;
  }

  #end(): void {
    for (const child of this.#children) {
      child.stdin?.end();
      child.kill();
    }
  }
}

const text = (output: Result['stdout']): string => (typeof output === 'string' ? output : '');

/** One reason where all ways have the same. */
export function byWay(loadBalancers: readonly string[], reasons: readonly string[]): string {
  const [first = 'there is no load balancer to go over', ...others] = new Set(reasons);
  if (others.length === 0) return loadBalancers.length === 0 ? first : `${first}, over ${loadBalancers.join(' and ')}`;
  return loadBalancers.map((name, index) => `over ${name}: ${reasons[index]}`).join('; ');
}

/** The last line that ssh printed, without its name in front. */
function whyOf({ stderr, originalMessage }: Result): string {
  const last = text(stderr)
    .split('\n')
    .map(printable)
    .filter((line) => line !== '')
    // Of the connection that this one went through
    .filter((line) => !/^(Connection closed by UNKNOWN|kex_exchange_identification|Shared connection)/.test(line))
    .at(-1);
  return (last ?? originalMessage ?? 'ssh ended').replace(/^ssh: /, '');
}

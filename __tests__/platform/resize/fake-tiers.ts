import type { Tier } from '../../../lib/net/address-plan';
import { TIERS } from '../../../lib/net/address-plan';
import type { Host } from '../../../platform/environment/outputs';
import type { TierHosts, Ways } from '../../../platform/resize/hosts';
import { NoAnswer } from '../../../platform/ssh/reach';

export const host = (name: string): Host => ({ name, tier: tierOf(name), privateAddress: '10.0.0.1', publicAddress: null });

function tierOf(name: string): Tier {
  const word = name.replace(/-\d+$/, '');
  return TIERS.find((tier) => tier === word) ?? 'mysql';
}

/** Hosts that are entries of a list: they answer while they run, and remember what they were told. */
export class FakeTiers {
  /** `db-1: platform-mysql make-way 120`, in their order; questions are not in it. */
  readonly told: string[] = [];
  /** What a host says instead of that it is well. */
  readonly problems = new Map<string, string>();
  /** What a command that contains the text answers. */
  readonly failing = new Map<string, string>();
  /** Who has the role of a tier. */
  readonly holders = new Map<Tier, string>();
  /** Hosts that were well and alone when another one left. */
  readonly #hosts: readonly Host[];

  constructor(
    names: readonly string[],
    private readonly isRunning: (name: string) => boolean,
  ) {
    this.#hosts = names.map(host);
  }

  readonly hostsOf = (tier: Tier): TierHosts => ({
    hosts: this.#hosts.filter((each) => each.tier === tier),
    user: 'root',
    ask: (question) => question(this.#ways),
  });

  readonly #ways: Ways = {
    status: (asked) =>
      Promise.resolve({
        ...asked,
        noAnswer: this.isRunning(asked.name) ? null : 'no route to host',
        role: this.isRunning(asked.name) ? this.#roleOf(asked) : null,
        units: {},
      }),
    run: (asked, line) => {
      if (!this.isRunning(asked.name)) return Promise.reject(new NoAnswer('no route to host'));
      const isQuestion = line.includes('does not say that it is well');
      if (isQuestion) return Promise.resolve(answer(this.problems.get(asked.name)));
      this.told.push(`${asked.name}: ${shortened(line)}`);
      const [, failure] = [...this.failing].find(([text]) => line.includes(text)) ?? [];
      if (failure === undefined && /make-way|hand-over/.test(line)) this.#handOver(asked);
      return Promise.resolve(answer(failure));
    },
  };

  #roleOf({ name, tier }: Host): string | null {
    if (tier !== 'lb' && tier !== 'mysql') return null;
    const [held, other] = tier === 'lb' ? ['MASTER', 'BACKUP'] : ['PRIMARY', 'SECONDARY'];
    return this.holders.get(tier) === name ? held : other;
  }

  #handOver({ name, tier }: Host): void {
    if (this.holders.get(tier) !== name) return;
    const next = this.#hosts.find((each) => each.tier === tier && each.name !== name && this.isRunning(each.name));
    if (next) this.holders.set(tier, next.name);
  }
}

const answer = (failure: string | undefined) => ({ exitCode: failure === undefined ? 0 : 1, stdout: failure ?? '', stderr: '' });

function shortened(line: string): string {
  return line.includes('hand-over') ? 'hand over' : line;
}

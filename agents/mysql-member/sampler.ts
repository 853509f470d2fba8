import type { Connection } from 'mysql2/promise';
import { connect, takeSample, type LocalAccount } from './database';
import type { Sample } from './report';

const GIVE_UP_MS = 5000;
/** Less than the group needs to expel a member that is silent (5 s). */
const PAUSE_MS = 3000;

/** Times in milliseconds. */
interface Awake {
  readonly since: number;
  readonly answeredAt: number;
}

export const ASLEEP: Awake = { since: Infinity, answeredAt: -Infinity };

/** After a pause mysqld counts as awake only since the first question that it answered again. */
export function answered(before: Awake, askedAt: number): Awake {
  return { since: askedAt - before.answeredAt > PAUSE_MS ? askedAt : before.since, answeredAt: askedAt };
}

/** Looks at the local mysqld again and again over one kept connection. A mysqld that hangs shows by the sample's age. */
export class Sampler {
  private connection: Connection | undefined;
  private latest: { readonly sample: Sample; readonly at: number } | undefined;
  private awake = ASLEEP;

  constructor(
    private readonly account: LocalAccount,
    private readonly nameOf: (address: string) => string,
    private readonly now: () => number,
  ) {}

  /** Milliseconds since mysqld was asked for the latest answer; Infinity without one. */
  get age(): number {
    return this.latest ? this.now() - this.latest.at : Infinity;
  }

  /**
   * Since when mysqld has answered without a long pause. In one (mysqld or the whole machine was frozen, or it was restarted)
   * the group may have gone on without it, and neither mysqld nor what was known before the pause tells.
   */
  get awakeSince(): number {
    return this.awake.since;
  }

  get sample(): Sample | null {
    return this.latest?.sample ?? null;
  }

  /** Resolves with the reason of a failure, after at most five seconds. */
  async look(): Promise<string | null> {
    const askedAt = this.now();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${GIVE_UP_MS} ms`)), GIVE_UP_MS);
    });
    try {
      const sample = await Promise.race([this.ask(), tooLate]);
      this.awake = answered(this.awake, askedAt);
      this.latest = { sample, at: askedAt };
      return null;
    } catch (error) {
      this.latest = undefined;
      this.connection?.destroy();
      this.connection = undefined;
      return error instanceof Error ? error.message : String(error);
    } finally {
      clearTimeout(timer);
    }
  }

  private async ask(): Promise<Sample> {
    this.connection ??= await connect(this.account);
    return takeSample(this.connection, this.nameOf);
  }
}

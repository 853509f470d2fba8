import type { Connection } from 'mysql2/promise';
import { connect, takeSample, type LocalAccount } from './database';
import type { Sample } from './report';

const GIVE_UP_MS = 5000;

/** Looks at the local mysqld again and again over one kept connection. A mysqld that hangs shows by the sample's age. */
export class Sampler {
  private connection: Connection | undefined;
  private latest: { readonly sample: Sample; readonly at: number } | undefined;

  constructor(
    private readonly account: LocalAccount,
    private readonly nameOf: (address: string) => string,
    private readonly now: () => number,
  ) {}

  /** Milliseconds since mysqld was asked for the latest answer; Infinity without one. */
  get age(): number {
    return this.latest ? this.now() - this.latest.at : Infinity;
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
      this.latest = { sample: await Promise.race([this.ask(), tooLate]), at: askedAt };
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

import type { Clock } from '../../app/database/retry';

/** Time passes only while somebody sleeps. */
export class FakeClock implements Clock {
  time = 0;
  readonly slept: number[] = [];

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.slept.push(milliseconds);
    this.time += milliseconds;
  }

  random(): number {
    return 1;
  }
}

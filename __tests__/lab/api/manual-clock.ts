import type { Clock } from '../../../lab/api';

/** Time stands still until a test moves it. */
export class ManualClock implements Clock {
  private time = Date.parse('2026-11-22T12:00:00Z');
  private sleepers: { due: number; wake: () => void }[] = [];

  now(): number {
    return this.time;
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => this.sleepers.push({ due: this.time + milliseconds, wake }));
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      await settled();
      const next = this.sleepers.filter((sleeper) => sleeper.due <= end).sort((one, other) => one.due - other.due)[0];
      if (!next) break;
      this.sleepers = this.sleepers.filter((sleeper) => sleeper !== next);
      this.time = next.due;
      next.wake();
    }
    this.time = end;
    await settled();
  }
}

/** Everything that does not wait for time has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

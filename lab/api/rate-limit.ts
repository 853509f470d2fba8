import type { Clock } from './clock';

/** Requests an hour and project, at Hetzner. */
export const DEFAULT_REQUESTS_PER_HOUR = 3600;

/** The project's budget of requests: refilled little by little, shared by all tokens. */
export class RateLimit {
  private tokens: number;
  private refilled: number;

  constructor(
    private readonly clock: Clock,
    private perHour = DEFAULT_REQUESTS_PER_HOUR,
  ) {
    this.tokens = perHour;
    this.refilled = clock.now();
  }

  /** false: the request is one too many. */
  take(): boolean {
    this.refill();
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }

  /** Fills the budget, for tests and for people in a hurry. */
  set(change: { perHour?: number | undefined; remaining?: number | undefined }): void {
    this.perHour = change.perHour ?? this.perHour;
    this.tokens = Math.min(change.remaining ?? this.perHour, this.perHour);
    this.refilled = this.clock.now();
  }

  headers(remaining = this.remaining()): Record<string, string> {
    const secondsToFull = ((this.perHour - remaining) * 3600) / this.perHour;
    return {
      'RateLimit-Limit': String(this.perHour),
      'RateLimit-Remaining': String(remaining),
      'RateLimit-Reset': String(Math.ceil(this.clock.now() / 1000 + secondsToFull)),
    };
  }

  remaining(): number {
    this.refill();
    return Math.floor(this.tokens);
  }

  private refill(): void {
    const now = this.clock.now();
    this.tokens = Math.min(this.perHour, this.tokens + ((now - this.refilled) * this.perHour) / 3_600_000);
    this.refilled = now;
  }
}

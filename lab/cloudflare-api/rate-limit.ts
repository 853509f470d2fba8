const WINDOW_MS = 300_000;
const REQUESTS_PER_WINDOW = 1200;

/** 1200 requests in five minutes; a client that sends more is refused until the five minutes are over. */
export class RateLimit {
  private windowEnd = 0;
  private used = 0;

  take(now: number): boolean {
    if (now >= this.windowEnd) [this.windowEnd, this.used] = [now + WINDOW_MS, 0];
    this.used += 1;
    return this.used <= REQUESTS_PER_WINDOW;
  }
}

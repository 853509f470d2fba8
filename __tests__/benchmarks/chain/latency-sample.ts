import type { LatencyMeasurement } from './latency';

/** A measurement as the benchmark keeps it. */
export const LATENCY: LatencyMeasurement = {
  what: 'database page',
  pace: 500,
  ours: { requestsPerSecond: 500, median: 2.5, p99: 6 },
  plain: { requestsPerSecond: 500, median: 2.25, p99: 5.5 },
  Caddy: { requestsPerSecond: 497, median: 2.75, p99: 7 },
  bare: { requestsPerSecond: 500, median: 1.75, p99: 4 },
  seconds: 3,
  rounds: 3,
  commit: 'abcdef0',
  date: '2026-11-30',
  machine: '2 cores, 24 GB',
};

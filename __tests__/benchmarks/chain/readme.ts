import { fill, table } from '../markdown';
import { ms, type LatencyMeasurement } from './latency';
import { ratio, type ChainMeasurement } from './table';

const CASE = ', h1, kept connections';

/** README.md with the figures that say most: kept connections by HTTP/1.1, and what the chain adds to an answer. */
export function fillReadme(readme: string, speeds: readonly ChainMeasurement[], latencies: readonly LatencyMeasurement[]): string {
  const rows = speeds
    .filter(({ what }) => what.endsWith(CASE))
    .map((speed) => {
      const what = speed.what.slice(0, -CASE.length);
      const latency = latencies.find((each) => each.what === what);
      return [
        what,
        speed.ours.requestsPerSecond,
        ratio(speed.ours, speed.plain),
        ratio(speed.ours, speed.Caddy),
        latency ? ms(latency.ours.median - latency.bare.median) : '',
      ];
    });
  return fill(readme, 'speed', table(['on loopback', 'requests/s', 'of a plain chain', 'of Caddy', 'ms added to the median'], rows));
}

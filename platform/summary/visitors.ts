import type { Tier } from '../../lib/net/address-plan';
import faults from '../../docs/measurements/faults.json';
import { named } from './hosts';
import type { Touch } from './services';

/** A time in which hosts do not serve, in seconds after the deploy has begun. */
export interface Absence {
  readonly tier: Tier;
  readonly host: string;
  readonly start: number;
  readonly end: number;
}

/** What the lab has measured, in words: the median of runs, or the longest. */
function measured(scenario: string, figure: string, which: 'median' | 'longest' = 'median'): string {
  const found = faults.find((each) => each.scenario === scenario && each.figure === figure);
  if (!found) throw new Error(`nobody has measured ${figure} of ${scenario}`);
  return found[which] < 1000 ? `${found[which]} ms` : `${(found[which] / 1000).toFixed(1)} s`;
}

/** What visitors notice of a unit that a deploy touches, on one host after another; null: nothing. */
const NOTICED: Readonly<Record<string, () => string | null>> = {
  'reload haproxy': () => null,
  'restart haproxy': () =>
    `connections to the active load balancer are cut once, and nothing answers for about ${measured('lb-haproxy-killed', 'outage')}`,
  'restart keepalived': () =>
    `nothing answers for up to ${measured('lb-keepalived-stopped', 'outage', 'longest')} where the floating IP moves`,
  'restart nginx': () => 'requests under way at a web server are cut; GETs are tried again at another one',
  'restart app': () => 'requests under way at an app server are finished, and the others serve meanwhile',
  'restart database-router': () =>
    'database connections of an app server are cut once, and requests that use one then fail or are tried again',
  'restart mysql': () => `writes wait for up to ${measured('db-rolling-change', 'write gap', 'longest')}, while the PRIMARY hands over`,
  'restart mysql-member': () => `writes wait for about ${measured('db-switchover', 'write gap')} where the PRIMARY hands over`,
};

export function noticedOfServices(touches: readonly Touch[]): string[] {
  const keys = [...new Set(touches.map(({ verb, unit }) => `${verb} ${unit}`))];
  return keys.flatMap((key) => {
    const says = NOTICED[key]?.();
    return says ? [`${says} (${key.replace(' ', ' of ')})`] : [];
  });
}

/**
 * What visitors notice of servers that do not serve.
 * @param hosts all that serve before the change, by tier
 */
export function noticedOfAbsences(absences: readonly Absence[], hosts: Readonly<Record<Tier, readonly string[]>>): string[] {
  return (Object.keys(hosts) as Tier[]).flatMap((tier) => {
    const away = absences.filter((each) => each.tier === tier);
    if (away.length === 0) return [];
    const who = named(away.map(({ host }) => host));
    // Of a group a majority has to be there, of other tiers one
    const needed = tier === 'mysql' ? Math.floor(hosts.mysql.length / 2) + 1 : 1;
    const seconds = secondsBelow(away, hosts[tier].length, needed);
    return [seconds > 0 ? `${ALL_AWAY[tier]} for ${about(seconds)}: ${who} are away at the same time` : `${SOME_AWAY[tier]()}: ${who}`];
  });
}

const ALL_AWAY: Readonly<Record<Tier, string>> = {
  lb: 'nothing answers',
  web: 'every request gets 503',
  app: 'every request but those for static files gets an error',
  mysql: 'nothing can be written, and little can be read,',
};

const SOME_AWAY: Readonly<Record<Tier, () => string>> = {
  lb: () =>
    `nothing answers for about ${measured('lb-power-off', 'outage')} each time the active load balancer goes, longer where Hetzner's API is slow`,
  web: () => 'the others serve; requests under way at a server that goes are cut, and GETs are tried again',
  app: () => 'the others serve; requests under way at a server that goes may fail',
  mysql: () => `writes wait for about ${measured('db-primary-power-off', 'write gap')} when the PRIMARY goes without handing over`,
};

/** How long fewer than so many are there. */
function secondsBelow(away: readonly Absence[], total: number, needed: number): number {
  const times = [...new Set(away.flatMap(({ start, end }) => [start, end]))].sort((one, other) => one - other);
  return times.slice(1).reduce((sum, time, index) => {
    const from = times[index] ?? time;
    const absent = away.filter(({ start, end }) => start <= from && end >= time).length;
    return total - absent < needed ? sum + time - from : sum;
  }, 0);
}

/** In words that promise no more than an estimate can. */
export function about(seconds: number): string {
  if (seconds < 45) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  const minutes = Math.max(1, Math.round(seconds / 30) / 2);
  return `about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}

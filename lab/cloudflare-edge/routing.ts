import type { EdgeView, EdgeZone, ProxiedName } from '../cloudflare-api/edge-view';
import type { ErrorStatus } from './error-page';
import type { Visitor } from './headers';

/** The handling of a request. */
export type Route =
  | { readonly kind: 'refuse'; readonly status: ErrorStatus; readonly code: number }
  | { readonly kind: 'redirect'; readonly scheme: 'http' | 'https' }
  | { readonly kind: 'forward'; readonly zone: EdgeZone; readonly name: ProxiedName; readonly scheme: 'http' | 'https' };

/** @param host header of the request, with or without port */
export function routeOf(view: EdgeView, host: string, scheme: Visitor['scheme']): Route {
  const hostname = hostnameOf(host);
  if (hostname === '' || /^[\d.]+$|:/.test(hostname)) return { kind: 'refuse', status: 403, code: 1003 };
  const zone = zoneOf(view, hostname);
  const name =
    zone &&
    (zone.names.find((each) => each.name === hostname) ??
      zone.names.find((each) => each.name.startsWith('*.') && hostname.endsWith(each.name.slice(1))));
  if (zone === undefined || name === undefined) return { kind: 'refuse', status: 409, code: 1001 };
  if (zone.ssl === 'off' && scheme === 'https') return { kind: 'redirect', scheme: 'http' };
  if (zone.alwaysUseHttps && scheme === 'http' && zone.ssl !== 'off') return { kind: 'redirect', scheme: 'https' };
  if (name.addresses.length === 0) return { kind: 'refuse', status: 530, code: 1016 };
  return { kind: 'forward', zone, name, scheme: originScheme(zone, scheme) };
}

/** Mode `full` and `strict` talk to the origin as the visitor talks to the edge. */
function originScheme({ ssl }: EdgeZone, visitor: Visitor['scheme']): Visitor['scheme'] {
  if (ssl === 'off' || ssl === 'flexible') return 'http';
  return ssl === 'origin_pull' ? 'https' : visitor;
}

export const zoneOf = ({ zones }: EdgeView, hostname: string): EdgeZone | undefined =>
  zones.find(({ name }) => hostname === name || hostname.endsWith(`.${name}`));

export const hostnameOf = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

export interface Visitor {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Number of the request, as Cloudflare's support asks for it. */
  readonly ray: string;
}

/** They concern one connection, not the message. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Set only by Cloudflare. */
const OWN = ['cf-connecting-ip', 'cf-connecting-ipv6', 'cf-ipcountry', 'cf-ray', 'cf-visitor', 'true-client-ip'];

/** The visitor's headers as the origin gets them. X-Forwarded-For is extended, so its first entries can be forged. */
export function toOrigin(given: IncomingHttpHeaders, { address, scheme, ray }: Visitor): OutgoingHttpHeaders {
  return {
    ...without(given, [...hopByHop(given), ...OWN]),
    // The body is passed on as it comes, in chunks of another size
    ...(given['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    'x-forwarded-for': joined(given['x-forwarded-for'], address),
    'x-forwarded-proto': scheme,
    'cf-connecting-ip': address,
    'cf-ipcountry': 'XX',
    'cf-ray': ray,
    'cf-visitor': JSON.stringify({ scheme }),
    'cdn-loop': joined(given['cdn-loop'], 'cloudflare; loops=1'),
  };
}

/** The origin's headers as the visitor gets them. */
export function toVisitor(given: IncomingHttpHeaders, ray: string): OutgoingHttpHeaders {
  return { ...without(given, [...hopByHop(given), 'server']), 'cf-cache-status': 'DYNAMIC', 'cf-ray': ray, server: 'cloudflare' };
}

function hopByHop({ connection = '' }: IncomingHttpHeaders): readonly string[] {
  return [...HOP_BY_HOP, ...connection.split(',').map((name) => name.trim().toLowerCase())];
}

const without = (headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));

const joined = (given: string | string[] | undefined, added: string): string =>
  [...(given === undefined ? [] : [given].flat()), added].join(', ');

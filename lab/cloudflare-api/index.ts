import type { Hono } from 'hono';
import { systemClock, type Clock } from '../api/clock';
import { Faults } from '../api/faults';
import { RequestLog } from '../api/request-log';
import { Tokens } from '../api/tokens';
import { buildApp } from './app';
import { buildControl } from './control';
import { RateLimit } from './rate-limit';
import { Account } from './account';

export type { Account } from './account';

export interface CloudflareApiOptions {
  /** Terraform's. The provider wants 40 characters. */
  readonly token: string;
  /** Names of the account's zones, such as example.test. */
  readonly zones: readonly string[];
  /** @default the system's clock */
  readonly clock?: Clock;
  /** Ids are made from here. @default 1000 */
  readonly seed?: number;
  /** A revoked Origin CA certificate can still be read. @default false */
  readonly showsRevoked?: boolean;
}

export interface CloudflareApi {
  /** The API below /client/v4. Serve it with @hono/node-server, so that faults can tell callers apart by address. */
  readonly app: Hono;
  /** Faults, tokens, account dump, request log, roots of the Origin CA, what the edge knows. */
  readonly control: Hono;
  readonly account: Account;
}

/** The part of Cloudflare's API that an origin needs: zones to read, DNS records, Origin CA, origin pulls, settings. */
export function createCloudflareApi({
  token,
  zones,
  clock = systemClock,
  seed = 1000,
  showsRevoked = false,
}: CloudflareApiOptions): CloudflareApi {
  const account = new Account({ clock, zones, seed, showsRevoked });
  const tokens = new Tokens({ terraform: { value: token, access: 'read-write' } });
  const parts = { clock, tokens, faults: new Faults(), log: new RequestLog(), limit: new RateLimit() };
  return { app: buildApp(account, parts), control: buildControl(account, parts), account };
}

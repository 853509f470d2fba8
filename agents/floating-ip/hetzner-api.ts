import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { readIfThere } from '../common/files';
import { ask, NoAnswer } from '../common/http-client';
import type { Budget, Call, Outcome } from './state';

export interface ApiConfig {
  readonly endpoint: string;
  readonly addressesFile: string;
  readonly tokenFile: string;
  readonly floatingIpId: number;
  readonly serverId: number;
  readonly peerServerId: number;
  readonly networkId: number;
}

export interface Answer {
  readonly outcome: Outcome;
  readonly budget?: Budget;
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly budget?: Budget;
}

// Answers of 2 s have been reported. One that never comes delays nothing: decide.ts makes the call again before this
export const CONNECT_LIMIT_MS = 1_200;
export const ANSWER_LIMIT_MS = 8_000;

/** The six calls of Hetzner's API that the agent needs. Never throws: every failure is an outcome. */
export class HetznerApi {
  /** Kept open: the call that matters must not wait for a TLS handshake. */
  private readonly agent: http.Agent;

  constructor(private readonly config: ApiConfig) {
    const secure = config.endpoint.startsWith('https:');
    // One after the other within the limit: the first may be of IPv6, and IPv6 broken
    const options = { keepAlive: true, lookup: knownAddresses(config.addressesFile), autoSelectFamily: true };
    this.agent = secure ? new https.Agent(options) : new http.Agent(options);
  }

  async perform(call: Call): Promise<Answer> {
    const { method, path, body } = requestFor(call, this.config);
    try {
      const { status, body: reply, budget } = await this.send(method, path, body);
      return { outcome: status < 300 ? succeeded(call, reply, this.config) : refused(status, reply), budget };
    } catch (error) {
      return { outcome: { ok: false, why: isUnreachable(error) ? 'unreachable' : 'silent', code: codeOf(error) } };
    }
  }

  private async send(method: string, path: string, body: unknown): Promise<Reply> {
    try {
      return await this.once(method, path, body);
    } catch (error) {
      // The API closed the kept connection just then. Every call here may be repeated without harm
      if (error instanceof NoAnswer && error.stale) return this.once(method, path, body);
      throw error;
    }
  }

  private async once(method: string, path: string, body: unknown): Promise<Reply> {
    const { status, headers, text } = await ask({
      url: `${this.config.endpoint}${path}`,
      method,
      headers: {
        authorization: `Bearer ${readFileSync(this.config.tokenFile, 'utf8').trim()}`,
        accept: 'application/json',
        'user-agent': 'floating-ip-agent',
      },
      body,
      agent: this.agent,
      limitMs: ANSWER_LIMIT_MS,
      connectLimitMs: CONNECT_LIMIT_MS,
    });
    return { status, body: parsed(text), budget: budgetOf(headers) };
  }
}

/** Not even a connection: the way there is cut, or the API is away. */
function isUnreachable(error: unknown): boolean {
  return (
    error instanceof NoAnswer &&
    !error.connected &&
    ['ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code)
  );
}

/**
 * In place of a look-up, which takes many seconds where name servers do not answer, and no limit of a request ends it: the addresses that
 * root looked up last, a line each. They are the ones that the host firewall lets this user talk to.
 */
function knownAddresses(file: string): LookupFunction {
  return (hostname, { all }, callback) => {
    const addresses = (readIfThere(file) ?? '')
      .split('\n')
      .flatMap((address) => (isIP(address) === 0 ? [] : [{ address, family: isIP(address) }]));
    const [first] = addresses;
    const unknown = first ? null : Object.assign(new Error(`no address of ${hostname} is known`), { code: 'ENOTFOUND' });
    process.nextTick(() => (all ? callback(unknown, addresses) : callback(unknown, first?.address ?? '', first?.family)));
  };
}

function requestFor(call: Call, config: ApiConfig): { method: string; path: string; body?: unknown } {
  const server = (of: 'self' | 'peer') => (of === 'self' ? config.serverId : config.peerServerId);
  switch (call.kind) {
    case 'read-floating-ip':
      return { method: 'GET', path: `/floating_ips/${config.floatingIpId}` };
    case 'read-aliases':
      return { method: 'GET', path: `/servers/${server(call.of)}` };
    case 'assign-floating-ip':
      return { method: 'POST', path: `/floating_ips/${config.floatingIpId}/actions/assign`, body: { server: config.serverId } };
    case 'unassign-floating-ip':
      return { method: 'POST', path: `/floating_ips/${config.floatingIpId}/actions/unassign`, body: {} };
    case 'set-aliases':
      return {
        method: 'POST',
        path: `/servers/${server(call.of)}/actions/change_alias_ips`,
        body: { network: config.networkId, alias_ips: call.aliases },
      };
    case 'read-action':
      return { method: 'GET', path: `/actions/${call.id}` };
  }
}

interface Body {
  readonly floating_ip?: { readonly server: number | null };
  readonly server?: { readonly private_net?: readonly { readonly network: number; readonly alias_ips?: readonly string[] }[] };
  readonly action?: { readonly id: number; readonly status: 'running' | 'success' | 'error' };
  readonly error?: { readonly code?: string };
}

function succeeded(call: Call, reply: unknown, config: ApiConfig): Outcome {
  const body = (reply ?? {}) as Body;
  switch (call.kind) {
    case 'read-floating-ip':
      return body.floating_ip ? { ok: true, holder: body.floating_ip.server } : nonsense();
    case 'read-aliases': {
      if (!body.server) return nonsense();
      return { ok: true, aliases: body.server.private_net?.find(({ network }) => network === config.networkId)?.alias_ips ?? [] };
    }
    default:
      return body.action ? { ok: true, action: { id: body.action.id, status: body.action.status } } : nonsense();
  }
}

function refused(status: number, reply: unknown): Outcome {
  return { ok: false, why: 'refused', status, code: (reply as Body | undefined)?.error?.code };
}

function nonsense(): Outcome {
  return { ok: false, why: 'refused', code: 'answer_without_content' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A gateway before the API answers in HTML
    return undefined;
  }
}

function budgetOf(headers: http.IncomingHttpHeaders): Budget | undefined {
  const [limit, remaining] = [Number(headers['ratelimit-limit']), Number(headers['ratelimit-remaining'])];
  return Number.isFinite(limit) && Number.isFinite(remaining) ? { limit, remaining } : undefined;
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'unknown';
}

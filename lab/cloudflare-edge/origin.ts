import * as http from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ProxiedName } from '../cloudflare-api/edge-view';
import type { ErrorStatus } from './error-page';

export interface OriginOptions {
  /** Where connections to origins come from; firewalls know it. @default any address of this host */
  readonly localAddress?: string;
  /** @default 80 and 443 */
  readonly ports?: { readonly http: number; readonly https: number };
  /** @default 15 seconds, as Cloudflare's */
  readonly connectMilliseconds?: number;
  /** @default 100 seconds, as Cloudflare's */
  readonly answerMilliseconds?: number;
}

/** The head of an answer; with a connection if the origin changed the protocol. */
export interface OriginAnswer {
  readonly response: http.IncomingMessage;
  readonly upgraded: { readonly socket: Duplex; readonly head: Buffer } | null;
}

export interface OriginRequest {
  readonly scheme: 'http' | 'https';
  readonly name: ProxiedName;
  /** What the certificate must be for. */
  readonly hostname: string;
  readonly method: string;
  readonly path: string;
  readonly headers: http.OutgoingHttpHeaders;
  /** PEM of the CAs that may certify the origin; null: any certificate is accepted. */
  readonly authorities: readonly string[] | null;
}

/** Why the origin gave no answer, as the number that Cloudflare shows. */
export class OriginFailure extends Error {
  override readonly name = 'OriginFailure';
  constructor(
    readonly status: ErrorStatus,
    options?: ErrorOptions,
  ) {
    super(`the origin gave no answer: ${status}`, options);
  }
}

/** After these, another address of the name is tried, once. */
const TRIED_ELSEWHERE: readonly number[] = [521, 522, 523];

/** Connections to origins, kept and reused. */
export class Origins {
  private readonly agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  constructor(private readonly options: OriginOptions = {}) {}

  /** A request on a connection that stands. Nothing of it has been sent, so that its body is still whole when another address is tried. */
  async open(order: OriginRequest, { anew = false } = {}): Promise<http.ClientRequest> {
    const [first = '', second] = order.name.addresses;
    try {
      return await this.openAt(first, order, anew);
    } catch (error) {
      if (second === undefined || !(error instanceof OriginFailure) || !TRIED_ELSEWHERE.includes(error.status)) throw error;
      return this.openAt(second, order, anew);
    }
  }

  answer(request: http.ClientRequest): Promise<OriginAnswer> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      // Before its end a request can have no answer: a body that is long under way is no silence of the origin
      const wait = (): void => {
        timer = setTimeout(() => request.destroy(new OriginFailure(524)), this.options.answerMilliseconds ?? 100_000);
      };
      if (request.writableFinished) wait();
      else request.once('finish', wait);
      const answered = (answer: OriginAnswer): void => {
        clearTimeout(timer);
        request.off('finish', wait);
        resolve(answer);
      };
      request.once('response', (response) => answered({ response, upgraded: null }));
      request.once('upgrade', (response, socket, head) => answered({ response, upgraded: { socket, head } }));
      request.once('close', () => clearTimeout(timer));
      request.on('error', (error) => reject(failureOf(error, 520, request.socket)));
    });
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private openAt(
    address: string,
    { scheme, name, hostname, method, path, headers, authorities }: OriginRequest,
    anew: boolean,
  ): Promise<http.ClientRequest> {
    const { localAddress, ports = { http: 80, https: 443 }, connectMilliseconds = 15_000 } = this.options;
    const identity = name.clientCertificate && { cert: name.clientCertificate.certificate, key: name.clientCertificate.privateKey };
    const trust = authorities === null ? { rejectUnauthorized: false } : { ca: [...authorities] };
    const common = { host: address, port: ports[scheme], localAddress, method, path, headers };
    const agent = anew ? false : this.agents[scheme];
    const request =
      scheme === 'https'
        ? https.request({ ...common, agent, servername: hostname, ...trust, ...identity })
        : http.request({ ...common, agent });
    return new Promise((resolve, reject) => {
      let status: ErrorStatus = 522;
      request.once('error', (error) => reject(failureOf(error, status, request.socket)));
      request.once('socket', (socket) => {
        if (request.reusedSocket) return resolve(request);
        const timer = setTimeout(() => request.destroy(new OriginFailure(status)), connectMilliseconds);
        socket.once('close', () => clearTimeout(timer));
        socket.once('connect', () => (status = 525));
        socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => (clearTimeout(timer), resolve(request)));
      });
    });
  }
}

/** @param status what it is at this stage of the connection, if the error says no more */
function failureOf(error: NodeJS.ErrnoException, status: ErrorStatus, socket: Socket | null): OriginFailure {
  return error instanceof OriginFailure ? error : new OriginFailure(statusOf(error, status, socket), { cause: error });
}

function statusOf({ code = '' }: NodeJS.ErrnoException, status: ErrorStatus, socket: Socket | null): ErrorStatus {
  if (code === 'ECONNREFUSED') return 521;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 523;
  // In mode full such a certificate is accepted, and the connection fails for another reason
  if (socket instanceof TLSSocket && String(socket.authorizationError) === code) return 526;
  // With TLS 1.3 an origin refuses the client's certificate when the handshake is over for the client
  return code.startsWith('ERR_SSL_') ? 525 : status;
}

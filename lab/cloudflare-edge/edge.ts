import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TLSSocket } from 'node:tls';
import type { EdgeView } from '../cloudflare-api/edge-view';
import { EdgeCertificates } from './certificates';
import { errorPage, type ErrorStatus } from './error-page';
import { toOrigin, toVisitor, type Visitor } from './headers';
import { OriginFailure, Origins, type OriginAnswer, type OriginOptions, type OriginRequest } from './origin';
import { hostnameOf, routeOf, type Route } from './routing';

export interface EdgeOptions extends OriginOptions {
  /** The present view of the account. */
  readonly view: () => Promise<EdgeView>;
}

/** Neither listens yet. */
export interface Edge {
  readonly http: http.Server;
  readonly https: https.Server;
  /** PEM: the CA that visitors must trust. */
  readonly root: string;
  close(): void;
}

/** Cloudflare between visitor and origin: HTTP/1.1 and upgrades, bodies streamed both ways, nothing cached. */
export function createEdge({ view, ...options }: EdgeOptions): Edge {
  const certificates = new EdgeCertificates();
  const origins = new Origins(options);
  const contextFor = async (hostname: string) => certificates.contextFor(await view(), hostname.toLowerCase());
  const servers = {
    http: http.createServer(),
    https: https.createServer({
      SNICallback: (hostname, done) =>
        void contextFor(hostname).then(
          (context) => done(null, context),
          (error: Error) => done(error),
        ),
    }),
  };
  for (const server of Object.values(servers)) {
    server.on('request', (request, response) => void serve(request, response).catch(() => response.destroy()));
    server.on('upgrade', (request, socket, head) => void upgrade(request, socket, head).catch(() => socket.destroy()));
  }
  return {
    ...servers,
    root: certificates.root,
    close() {
      for (const server of Object.values(servers)) server.close().closeAllConnections();
      origins.close();
    },
  };

  async function serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const visitor = visitorOf(request);
    const route = await routed(request, visitor);
    if (route.kind === 'redirect')
      return void response
        .writeHead(301, { location: `${route.scheme}://${hostOf(request)}${request.url ?? '/'}`, ...toVisitor({}, visitor.ray) })
        .end();
    if (route.kind === 'refuse') return refuse(request, response, visitor, route.status, route.code);
    try {
      const answer = await exchange(request, response, orderFor(route, request, visitor));
      response.writeHead(answer.response.statusCode ?? 502, answer.response.statusMessage, toVisitor(answer.response.headers, visitor.ray));
      await pipeline(answer.response, response);
    } catch (error) {
      if (!(error instanceof OriginFailure) || response.headersSent) throw error;
      refuse(request, response, visitor, error.status);
    }
  }

  /** A kept connection may have ended meanwhile: a request without a body is then sent again. */
  async function exchange(request: http.IncomingMessage, response: http.ServerResponse, order: OriginRequest): Promise<OriginAnswer> {
    const sent = await send(request, response, order, false);
    try {
      return await origins.answer(sent);
    } catch (error) {
      if (!sent.reusedSocket || !hasNoBody(request)) throw error;
      return origins.answer(await send(request, response, order, true));
    }
  }

  async function send(
    request: http.IncomingMessage,
    response: http.ServerResponse,
    order: OriginRequest,
    anew: boolean,
  ): Promise<http.ClientRequest> {
    const sent = await origins.open(order, { anew });
    // A visitor who has gone needs no answer
    response.on('close', () => response.writableFinished || sent.destroy());
    if (hasNoBody(request)) sent.end();
    // A failure to send appears in the answer; some origins answer before they have read everything
    else pipeline(request, sent).catch(() => undefined);
    return sent;
  }

  /** WebSocket and the like: once the origin agrees, bytes are forwarded both ways. */
  async function upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const visitor = visitorOf(request);
    const route = await routed(request, visitor);
    if (route.kind !== 'forward' || !route.zone.websockets)
      return void socket.end(rawHead(403, 'Forbidden', { 'content-length': 0, ...toVisitor({}, visitor.ray) }));
    const order = orderFor(route, request, visitor);
    const sent = await origins.open(
      { ...order, headers: { ...order.headers, connection: 'Upgrade', upgrade: request.headers.upgrade } },
      { anew: true },
    );
    sent.end();
    const { response, upgraded } = await origins.answer(sent);
    const { statusCode = 502, statusMessage = '' } = response;
    if (upgraded === null) {
      socket.write(rawHead(statusCode, statusMessage, { ...toVisitor(response.headers, visitor.ray), connection: 'close' }));
      return pipeline(response, socket);
    }
    socket.write(
      rawHead(statusCode, statusMessage, {
        ...toVisitor(response.headers, visitor.ray),
        connection: 'Upgrade',
        upgrade: response.headers.upgrade,
      }),
    );
    socket.write(upgraded.head);
    upgraded.socket.write(head);
    socket.pipe(upgraded.socket).pipe(socket);
    for (const [one, other] of [
      [socket, upgraded.socket],
      [upgraded.socket, socket],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  }

  async function routed(request: http.IncomingMessage, { scheme }: Visitor): Promise<Route & { readonly view: EdgeView }> {
    const now = await view();
    return { ...routeOf(now, hostOf(request), scheme), view: now };
  }
}

function orderFor(
  route: Route & { kind: 'forward'; readonly view: EdgeView },
  request: http.IncomingMessage,
  visitor: Visitor,
): OriginRequest {
  const isStrict = route.zone.ssl === 'strict' || route.zone.ssl === 'origin_pull';
  return {
    scheme: route.scheme,
    name: route.name,
    hostname: hostnameOf(hostOf(request)),
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: toOrigin(request.headers, visitor),
    authorities: isStrict ? route.view.originAuthorities : null,
  };
}

function refuse(request: http.IncomingMessage, response: http.ServerResponse, { ray }: Visitor, status: ErrorStatus, code?: number): void {
  const page = errorPage(status, hostnameOf(hostOf(request)), ray, code);
  // The unread rest of a body would be taken for the next request
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=UTF-8',
      'cache-control': 'no-store',
      connection: 'close',
      'cf-ray': ray,
      server: 'cloudflare',
    })
    .end(page);
}

function visitorOf({ socket }: http.IncomingMessage): Visitor {
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return { address, scheme: socket instanceof TLSSocket ? 'https' : 'http', ray: `${randomBytes(8).toString('hex')}-LAB` };
}

const hostOf = ({ headers }: http.IncomingMessage): string => headers.host ?? '';

const hasNoBody = ({ headers, method = '' }: http.IncomingMessage): boolean =>
  ['GET', 'HEAD'].includes(method) && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;

function rawHead(status: number, message: string, headers: http.OutgoingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((each) => `${name}: ${each}`),
  );
  return [`HTTP/1.1 ${status} ${message}`, ...lines, '', ''].join('\r\n');
}

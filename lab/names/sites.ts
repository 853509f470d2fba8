import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { KeyPair } from '../x509/authority';

export const SITE_FAULTS = ['refused', 'silent', 'unavailable'] as const;
/** Connections are refused; accepted without an answer; every request gets 503. */
export type SiteFault = (typeof SITE_FAULTS)[number];

const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n';

export interface SitesOptions {
  /** Name to address. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly certificate: KeyPair;
  /** Unix socket of the mirror outside. */
  readonly target: string;
  /** @default { http: 80, https: 443 } */
  readonly ports?: { readonly http: number; readonly https: number };
}

/** The listeners of the sites with packages, each at an address of its own, with and without TLS. Each can be broken by itself. */
export class SiteListeners {
  readonly #faults = new Map<string, SiteFault>();
  readonly #servers = new Map<string, Server[]>();
  readonly #sockets = new Map<string, Set<Socket>>();

  constructor(private readonly options: SitesOptions) {}

  get faults(): Readonly<Record<string, SiteFault>> {
    return Object.fromEntries(this.#faults);
  }

  async listen(): Promise<void> {
    for (const site of Object.keys(this.options.addresses)) await this.#listen(site);
  }

  async close(): Promise<void> {
    for (const site of Object.keys(this.options.addresses)) await this.#close(site);
  }

  /** Also closes open connections. @throws for a name that is none of the sites */
  async break(site: string, fault: SiteFault): Promise<void> {
    this.#known(site);
    this.#faults.set(site, fault);
    if (fault === 'refused') await this.#close(site);
    else await this.#listen(site);
    for (const socket of this.#sockets.get(site) ?? []) socket.destroy();
  }

  /** @param site none: all of them */
  async mend(site?: string): Promise<void> {
    for (const each of site === undefined ? [...this.#faults.keys()] : [this.#known(site)]) {
      this.#faults.delete(each);
      for (const socket of this.#sockets.get(each) ?? []) socket.destroy();
      await this.#listen(each);
    }
  }

  #known(site: string): string {
    const { addresses } = this.options;
    if (addresses[site] === undefined) throw new Error(`there is no site ${site}, there are ${Object.keys(addresses).join(', ')}`);
    return site;
  }

  async #listen(site: string): Promise<void> {
    if (this.#servers.has(site)) return;
    const { addresses, certificate, ports = { http: 80, https: 443 } } = this.options;
    const sockets = new Set<Socket>();
    this.#sockets.set(site, sockets);
    const serve = (client: Socket) => this.#serve(site, client, sockets);
    const plain = createServer({ allowHalfOpen: true }, serve);
    const secure = createTlsServer({ cert: certificate.certificate, key: certificate.privateKey, ALPNProtocols: ['http/1.1'] }, serve);
    secure.on('tlsClientError', () => undefined);
    this.#servers.set(site, [plain, secure]);
    const host = addresses[site] ?? '';
    await Promise.all([once(plain.listen(ports.http, host), 'listening'), once(secure.listen(ports.https, host), 'listening')]);
  }

  #serve(site: string, client: Socket, sockets: Set<Socket>): void {
    sockets.add(client);
    client.on('close', () => sockets.delete(client));
    client.on('error', () => client.destroy());
    const fault = this.#faults.get(site);
    if (fault === 'silent') return;
    if (fault === 'unavailable') return void client.once('data', () => client.end(UNAVAILABLE));
    const upstream = connect({ path: this.options.target });
    client.pipe(upstream).pipe(client);
    upstream.on('error', () => client.destroy());
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  }

  async #close(site: string): Promise<void> {
    const servers = this.#servers.get(site) ?? [];
    this.#servers.delete(site);
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.#sockets.get(site) ?? []) socket.destroy();
    await Promise.all(closed);
  }
}

/**
 * The lab's one daemon, in the router's namespace: emulated APIs, machines, network, metadata service, name servers.
 * Started by `lab up`; its only argument is the folder of the base image.
 */
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { join } from 'node:path';
import { createApi } from './api';
import { createCloudflareApi } from './cloudflare-api';
import { createLinkControl } from './machines/control';
import { LinuxHardware } from './machines/hardware';
import { createMetadataService } from './machines/metadata';
import { labPaths } from './machines/paths';
import { ensureSecrets, projectTokens } from './machines/secrets';
import { CLIENT_GATEWAY, CLOUDFLARE_ZONE, EDGE, RESOLVERS, SERVICES, SITES } from './machines/topology';
import { certificateFor } from './names/authority';
import { createNamesControl } from './names/control';
import { NameServers } from './names/name-servers';
import { SiteListeners } from './names/sites';

const paths = labPaths();
const image = process.argv[2];
if (!image) throw new Error('usage: daemon.ts IMAGE');
const secrets = await ensureSecrets(paths);
const hardware = new LinuxHardware(paths, image);
const { app, control, tools, project } = createApi({ hardware, tokens: projectTokens(secrets) });
const cloudflare = createCloudflareApi({ token: secrets.cloudflareToken, zones: [CLOUDFLARE_ZONE] });
control.route('/', createLinkControl(hardware));
control.route('/cloudflare', cloudflare.control);
const floatingIp = () => hardware.network.desired.servers.flatMap((server) => server.floatingIps)[0] ?? null;
const nameServers = new NameServers(RESOLVERS, () => ({
  zone: CLOUDFLARE_ZONE,
  records: [...cloudflare.account.records.values()],
  floatingIp: floatingIp(),
}));
const sites = new SiteListeners({
  addresses: SITES,
  certificate: await certificateFor(paths.authority, Object.keys(SITES) as [string]),
  target: paths.packageSocket,
});
control.route('/', createNamesControl(nameServers, sites));

/**
 * Node closes a connection that was idle for five seconds, and a client on a busy machine may just be sending its next
 * request on it: a POST is lost, and a deploy fails.
 */
const IDLE_CONNECTION_MILLISECONDS = 600_000;

const serve = (app: Hono, where: { port: number; host: string } | { path: string }, secure = {}) =>
  new Promise<void>((resolve) => {
    const server = createAdaptorServer({ fetch: app.fetch, ...secure }) as Server;
    server.keepAliveTimeout = IDLE_CONNECTION_MILLISECONDS;
    server.listen(where, resolve);
  });

/** As at Hetzner and Cloudflare: by TLS and no other way. */
async function serveSecurely(app: Hono, host: string, name: string): Promise<void> {
  const { certificate: cert, privateKey: key } = await certificateFor(paths.authority, [name]);
  await serve(app, { host, port: 443 }, { createServer: createHttpsServer, serverOptions: { cert, key } });
}

/** Raw connections from here to where `target` says. */
const forward = (where: { port: number; host: string } | { path: string }, target: () => NetConnectOpts) =>
  new Promise<void>((resolve) =>
    createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect(target());
      client.pipe(upstream).pipe(client);
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        socket.on('error', () => other.destroy());
        socket.on('close', () => other.destroy());
      }
    }).listen(where, resolve),
  );

/** Where names of the zone lead. */
function entrance(): string {
  if ([...cloudflare.account.records.values()].some(({ proxied }) => proxied)) return EDGE.address;
  return floatingIp() ?? '192.0.2.255';
}

await serveSecurely(app, SERVICES.api, 'api.hetzner.cloud');
await serveSecurely(cloudflare.app, SERVICES.cloudflare, 'api.cloudflare.com');
await serve(tools, { path: paths.apiSocket });
await serve(createMetadataService(hardware), { host: SERVICES.metadata, port: 80 });
await nameServers.listen();
await sites.listen();
// For a browser outside: its connections come from the client's side of the router, not from a gateway address that firewalls trust
await forward({ path: join(paths.state, 'https.sock') }, () => ({ host: entrance(), port: 443, localAddress: CLIENT_GATEWAY }));
// Last: when the control socket answers, everything else does
await serve(control, { path: paths.controlSocket });
process.stdout.write(`${new Date().toISOString()} lab ${paths.name} is up\n`);

process.on('unhandledRejection', (error) => {
  project.failures.push(String(error));
  console.error(new Date().toISOString(), error);
});

/**
 * The only part of a lab outside its namespaces: the sites with packages, on a unix socket, and a port on loopback through which
 * a browser reaches the site.
 */
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { labPaths } from './machines/paths';
import { createMirror, sitesOf } from './names/mirror';
import { createPackageCache } from './names/package-cache';

const FIRST_PORT = 8443;

const paths = labPaths();
createMirror(sitesOf({ debian: process.env['LAB_MIRROR'], mysql: paths.mysqlRepository }), createPackageCache(paths.packageCache)).listen(
  paths.packageSocket,
);

const browser = createServer((client) => {
  const inside = connect(join(paths.state, 'https.sock'));
  client.pipe(inside).pipe(client);
  client.on('error', () => inside.destroy());
  inside.on('error', () => client.destroy());
});
const port = await listenOnFreePort(browser, FIRST_PORT);
await writeFile(join(paths.state, 'port'), String(port));

function listenOnFreePort(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && port < FIRST_PORT + 100) resolve(listenOnFreePort(server, port + 1));
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(port));
  });
}

/** The cheapest answer that Node can give, in a process of its own, which sends its port to its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((_, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}'));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

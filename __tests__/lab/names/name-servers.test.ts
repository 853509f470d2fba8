import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { decode, encode, streamDecode, streamEncode, type Packet } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NameServers } from '../../../lab/names/name-servers';

const [FIRST, SECOND] = ['127.0.0.2', '127.0.0.3'];
let port: number;
let servers: NameServers;

beforeEach(async () => {
  port = await freePort();
  servers = new NameServers([FIRST, SECOND], () => ({ zone: 'example.test', records: [], floatingIp: '203.0.113.7' }), port);
  await servers.listen();
});
afterEach(() => servers.close());

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, FIRST);
  await once(socket, 'listening');
  const { port: free } = socket.address();
  socket.close();
  return free;
}

function resolver(...addresses: string[]): Resolver {
  const asking = new Resolver({ timeout: 300, tries: 1 });
  asking.setServers(addresses.map((address) => `${address}:${port}`));
  return asking;
}

const query = (name: string, more: Partial<Packet> = {}): Packet => ({
  type: 'query',
  id: 7,
  flags: 0x100,
  questions: [{ type: 'A', name }],
  ...more,
});

async function byUdp(packet: Packet): Promise<Packet> {
  const socket = createSocket('udp4');
  try {
    socket.send(encode(packet), port, FIRST);
    return decode(((await once(socket, 'message')) as [Buffer])[0]);
  } finally {
    socket.close();
  }
}

test('each name server resolves, and answers NXDOMAIN for unknown names', async () => {
  for (const address of [FIRST, SECOND]) {
    expect(await resolver(address).resolve4('www.example.test')).toEqual(['203.0.113.7']);
    await expect(resolver(address).resolve4('registry.npmjs.org')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver(address).resolve6('api.hetzner.cloud')).rejects.toMatchObject({ code: 'ENODATA' });
  }
});

test('several questions on one TCP connection are answered in order, wherever they are cut', async () => {
  const socket = connect(port, FIRST);
  const asked = Buffer.concat([streamEncode(query('deb.debian.org', { id: 1 })), streamEncode(query('no.such.name', { id: 2 }))]);
  socket.write(asked.subarray(0, 9));
  setTimeout(() => socket.write(asked.subarray(9)), 20);
  let received = Buffer.alloc(0);
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk as Buffer]);
    const first = 2 + received.readUInt16BE(0);
    if (received.length <= first || received.length < first + 2 + received.readUInt16BE(first)) continue;
    const replies = [received.subarray(0, first), received.subarray(first)].map((message) => streamDecode(message));
    expect(replies.map(({ id, answers }) => [id, answers?.length])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    break;
  }
  socket.destroy();
});

test('a query with EDNS gets an answer with EDNS, others do not', async () => {
  const extended = query('deb.debian.org', {
    additionals: [
      { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false },
    ],
  });
  expect((await byUdp(extended)).additionals).toHaveLength(1);
  expect(await byUdp(query('deb.debian.org'))).toMatchObject({ type: 'response', id: 7, flag_rd: true, flag_ra: true, additionals: [] });
});

test('a message that is no query is ignored, and the next one is answered', async () => {
  const socket = createSocket('udp4');
  socket.send(Buffer.from('nonsense'), port, FIRST);
  socket.close();
  expect(await resolver(FIRST).resolve4('deb.debian.org')).toHaveLength(1);
});

test('a broken name server does not answer by UDP or TCP until it is repaired, and a client uses the other one', async () => {
  servers.break([FIRST]);
  await expect(resolver(FIRST).resolve4('deb.debian.org')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  expect(await resolver(FIRST, SECOND).resolve4('deb.debian.org')).toHaveLength(1);
  servers.break();
  expect(servers.broken).toEqual([FIRST, SECOND]);
  await expect(resolver(SECOND).resolve4('deb.debian.org')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  servers.mend();
  expect(await resolver(FIRST).resolve4('deb.debian.org')).toHaveLength(1);
});

test('no name server answers at another address of the host', async () => {
  const others = [
    '127.0.0.1',
    '127.0.0.4',
    ...Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal)
      .map(({ address }) => address),
  ];
  for (const address of others) {
    await expect(resolver(address).resolve4('deb.debian.org'), address).rejects.toThrow(/ECONNREFUSED|ETIMEOUT/);
    const socket = connect(port, address);
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code, address).toBe('ECONNREFUSED');
  }
});

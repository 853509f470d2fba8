import { decode, encode, streamDecode, streamEncode, type Answer, type Packet } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { lookUp, type NamesView } from './zone';

const PORT = 53;
const TTL_SECONDS = 60;
const NO_SUCH_NAME = 3;
const NOT_IMPLEMENTED = 4;

/** Hetzner's name servers, by UDP and TCP, for the names of the lab's Internet. A broken one does not answer. */
export class NameServers {
  readonly #broken = new Set<string>();
  readonly #closes: (() => void)[] = [];

  constructor(
    readonly addresses: readonly string[],
    private readonly view: () => NamesView,
    private readonly port = PORT,
  ) {}

  async listen(): Promise<void> {
    await Promise.all(this.addresses.flatMap((address) => [this.#listenUdp(address), this.#listenTcp(address)]));
  }

  close(): void {
    for (const close of this.#closes) close();
  }

  get broken(): readonly string[] {
    return [...this.#broken];
  }

  /** @param addresses none: all of them */
  break(addresses: readonly string[] = this.addresses): void {
    for (const address of addresses) this.#broken.add(address);
  }

  mend(): void {
    this.#broken.clear();
  }

  async #listenUdp(address: string): Promise<void> {
    const socket = createSocket('udp4');
    socket.on('message', (message, client) => {
      const reply = this.#broken.has(address) ? null : replyTo(readPacket(message), this.view());
      if (reply) socket.send(encode(reply), client.port, client.address);
    });
    socket.bind(this.port, address);
    await once(socket, 'listening');
    this.#closes.push(() => socket.close());
  }

  async #listenTcp(address: string): Promise<void> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        for (let whole = messageAt(received); whole !== null; whole = messageAt(received)) {
          received = received.subarray(whole.length);
          const reply = this.#broken.has(address) ? null : replyTo(readStream(whole), this.view());
          if (reply) socket.write(streamEncode(reply));
        }
      });
    });
    server.listen(this.port, address);
    await once(server, 'listening');
    this.#closes.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
  }
}

/** Two octets of length, then the message; null until all of it is there. */
function messageAt(buffer: Buffer): Buffer | null {
  if (buffer.length < 2) return null;
  const end = 2 + buffer.readUInt16BE(0);
  return buffer.length < end ? null : buffer.subarray(0, end);
}

const readPacket = (message: Buffer): Packet | null => attempt(() => decode(message));
const readStream = (message: Buffer): Packet | null => attempt(() => streamDecode(message));

/** Messages that are not DNS get no answer. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function replyTo(query: Packet | null, view: NamesView): Packet | null {
  const [question] = query?.questions ?? [];
  if (!query || !question || query.type === 'response') return null;
  const known = (((query.flags ?? 0) >> OPCODE_SHIFT) & 0xf) === 0;
  const found = known ? lookUp(question.name, question.type, view) : [];
  const code = known ? (found === null ? NO_SUCH_NAME : 0) : NOT_IMPLEMENTED;
  const answers = (found ?? []).map(({ name, type, data }): Answer => ({ name, type, data, class: 'IN', ttl: TTL_SECONDS }));
  const extended = query.additionals?.some(({ type }) => type === 'OPT') ?? false;
  return {
    type: 'response',
    id: query.id ?? 0,
    flags: RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | code,
    questions: [question],
    answers,
    // Without it systemd-resolved takes the server for an old one, and asks again in another way
    additionals: extended
      ? [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false }]
      : [],
  };
}

const OPCODE_SHIFT = 11;
const RECURSION_DESIRED = 0x100;
const RECURSION_AVAILABLE = 0x80;

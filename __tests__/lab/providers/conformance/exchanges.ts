import { readdirSync, readFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import { listening } from '../../../helpers/ports';

/** A line of a recording: a request and what was answered. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  readonly response: unknown;
}

const RECORDINGS = {
  hcloud: new URL('../../api/recordings/hcloud-1.68.0/', import.meta.url),
  cloudflare: new URL('../../cloudflare-api/recordings/cloudflare-5.14.0/', import.meta.url),
};

/** The recorded exchanges of the file whose name begins with this number. */
export function recorded(provider: keyof typeof RECORDINGS, number: string): readonly Exchange[] {
  const folder = RECORDINGS[provider];
  const file = readdirSync(folder).find((name) => name.startsWith(`${number}-`));
  return readFileSync(new URL(file ?? number, folder), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Exchange);
}

export interface Recorder {
  /** What stands for the API's host and port. */
  readonly origin: string;
  /** The exchanges since the last call. */
  take(): readonly Exchange[];
  stop(): void;
}

/** Passes requests on to an API and writes down what goes to and fro. */
export async function record(target: string): Promise<Recorder> {
  const { origin } = new URL(target);
  let exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const onward = forward(origin + incoming.url, { method: incoming.method, headers: incoming.headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts);
          exchanges.push({ method: incoming.method ?? '', path: incoming.url ?? '', request: parse(body), response: parse(text) });
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
        });
      });
      onward.on('error', () => outgoing.destroy());
      onward.end(body);
    });
  });
  const port = await listening(server);
  return {
    origin: `http://127.0.0.1:${port}`,
    take: () => exchanges.splice(0),
    stop: () => {
      exchanges = [];
      server.close();
      server.closeAllConnections();
    },
  };
}

const parse = (body: Buffer): unknown => (body.length === 0 ? null : (JSON.parse(body.toString('utf8')) as unknown));

const KINDS = ['server', 'network', 'floating_ip', 'primary_ip', 'volume', 'firewall', 'placement_group', 'ssh_key'];

/** Writes requests with names in place of ids and addresses, so that two runs compare. Polls depend on timing and are left out. */
export class Namer {
  private readonly names = new Map<string, string>();

  requests(exchanges: readonly Exchange[]): readonly string[] {
    for (const { response } of exchanges) this.learn(response);
    return exchanges
      .filter(({ path }) => !path.startsWith('/v1/actions?'))
      .map(
        ({ method, path, request }) =>
          `${method} ${this.inPath(path)}${request === null ? '' : ` ${JSON.stringify(this.inBody(request))}`}`,
      );
  }

  private learn(response: unknown): void {
    for (const kind of KINDS) {
      const object = (
        response as Record<string, { id?: number; name?: string; ip?: string; public_net?: { ipv4?: { ip: string } | null } }> | null
      )?.[kind];
      if (object?.id === undefined || object.name === undefined) continue;
      this.names.set(String(object.id), `<${kind} ${object.name}>`);
      const address = object.ip ?? object.public_net?.ipv4?.ip;
      if (address !== undefined) this.names.set(address, `<address of ${object.name}>`);
    }
  }

  private inPath(path: string): string {
    return path.replace(/(\/|name=)(\d+)(?=[/?]|$)/g, (_, before: string, id: string) => `${before}${this.names.get(id) ?? id}`);
  }

  private inBody(value: unknown): unknown {
    if (typeof value === 'number' || typeof value === 'string') return this.names.get(String(value)) ?? value;
    if (Array.isArray(value))
      return value.map((part) => this.inBody(part)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    if (typeof value !== 'object' || value === null) return value;
    // The server of the recordings did not tell which servers a selector finds, so the provider could not send it back.
    const keys = Object.keys(value).filter((key) => key !== 'applied_to_resources');
    return Object.fromEntries(keys.sort().map((key) => [key, this.inBody((value as Record<string, unknown>)[key])]));
  }
}

/** Plays recorded traffic of the real Terraform provider to the emulator, and tells where the answers differ. */
import { readdirSync, readFileSync } from 'node:fs';
import { TestClient } from '../test-client';

export interface Line {
  readonly seq: number;
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  readonly status: number | null;
  readonly response: unknown;
  readonly injected?: boolean;
}

const RECORDINGS = new URL('../recordings/cloudflare-5.14.0/', import.meta.url);

export function recording(name: string): readonly Line[] {
  const file = readdirSync(RECORDINGS).find((each) => each.startsWith(name) && each.endsWith('.jsonl')) ?? `${name}.jsonl`;
  return readFileSync(new URL(file, RECORDINGS), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

const ID = /\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b\d{25,48}\b/g;
/** Values that are the user's or the protocol's, not the server's invention. */
const COMPARED = [
  'name',
  'type',
  'content',
  'ttl',
  'proxied',
  'proxiable',
  'comment',
  'tags',
  'hostnames',
  'request_type',
  'requested_validity',
  'value',
  'enabled',
  'code',
  'csr',
  'ipv4_cidrs',
  'ipv6_cidrs',
  'hostname',
];

export class Replay {
  readonly client = new TestClient();
  private readonly here = new Map<string, string>();

  /** @returns one text for each difference */
  async play(lines: readonly Line[]): Promise<string[]> {
    const found: string[] = [];
    for (const line of lines) found.push(...(await this.playLine(line)));
    return found;
  }

  async playLine(line: Line): Promise<string[]> {
    const [recordedZone] = /(?<=\/zones\/)[0-9a-f]{32}/.exec(line.path) ?? [];
    if (recordedZone !== undefined) this.here.set(recordedZone, this.client.zoneId);
    if (line.injected) await this.client.fault({ effect: faultFor(line), count: 1 });
    const body = line.request === null ? undefined : (JSON.parse(this.translate(JSON.stringify(line.request))) as unknown);
    const answer = await this.client.request(line.method, this.translate(line.path.replace('/client/v4', '')), body);
    this.learn(line.response, answer.body);
    await this.client.clock.advance(2000);
    const found =
      answer.status === line.status
        ? typeof line.response === 'object'
          ? differences(line.response, answer.body)
          : []
        : [`status ${answer.status} ${JSON.stringify(answer.body)}, recorded ${line.status}`];
    return found.map((text) => `${line.seq} ${line.method} ${line.path}: ${text}`);
  }

  idHere(recorded: string): string {
    return this.here.get(recorded) ?? recorded;
  }

  translate(text: string): string {
    return text.replace(ID, (id) => this.idHere(id));
  }

  learn(recorded: unknown, answered: unknown): void {
    if (typeof recorded === 'string' && typeof answered === 'string' && new RegExp(`^(${ID.source})$`).test(recorded))
      this.here.set(recorded, answered);
    if (typeof recorded !== 'object' || typeof answered !== 'object' || recorded === null || answered === null) return;
    for (const [key, value] of Object.entries(recorded)) this.learn(value, (answered as Record<string, unknown>)[key]);
  }
}

/** The fault that makes the recorded answer. */
export function faultFor({ status, response }: Line): object {
  if (status === null) return { kind: 'close' };
  const error = (response as { errors?: { code: number; message: string }[] } | null)?.errors?.[0];
  return { kind: 'status', status, ...(error === undefined ? {} : { code: String(error.code), message: error.message }) };
}

function differences(recorded: unknown, answered: unknown, at: readonly string[] = []): string[] {
  const here = at.join('.') || 'body';
  const key = [...at].reverse().find((part) => !/^\d+$/.test(part)) ?? '';
  const differ = [`${here}: ${JSON.stringify(answered)}, recorded ${JSON.stringify(recorded)}`];
  if (kindOf(recorded) !== kindOf(answered)) return differ;
  if (COMPARED.includes(key) && !at.includes('account') && !at.includes('plan'))
    return comparable(key, recorded) === comparable(key, answered) ? [] : differ;
  if (Array.isArray(recorded) && Array.isArray(answered)) {
    return recorded.length === answered.length
      ? recorded.flatMap((each, index) => differences(each, answered[index], [...at, String(index)]))
      : differ;
  }
  if (!isObject(recorded) || !isObject(answered)) return [];
  return [...new Set([...Object.keys(recorded), ...Object.keys(answered)])].flatMap((each) => {
    if (!(each in answered)) return [`${here}.${each}: missing`];
    if (!(each in recorded)) return [`${here}.${each}: not in the recording`];
    return differences(recorded[each], answered[each], [...at, each]);
  });
}

/** The server of a few recordings kept the order of hostnames; the emulator sorts them. */
const comparable = (key: string, value: unknown): string => JSON.stringify(key === 'hostnames' ? [...(value as string[])].sort() : value);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** Plays recorded traffic of a real client to the emulator, and tells where the answers differ from the recorded ones. */
import { readFileSync } from 'node:fs';
import type { FaultOrder } from '../../../../lab/api';
import { TestClient } from '../test-client';
import type { Answer } from '../test-client';
import { differences } from './shape';

export interface Line {
  readonly seq: number;
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  /** null: the connection was closed without an answer. */
  readonly status: number | null;
  readonly response: unknown;
  /** The answer was not the server's own: a fault made it. */
  readonly injected?: boolean;
}

export function recording(name: string): readonly Line[] {
  const text = readFileSync(new URL(`../recordings/hcloud-1.68.0/${name}.jsonl`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

export class Replay {
  readonly client = new TestClient();
  /** Ids and public addresses of the recording, and what they are called here. */
  private readonly here = new Map<string, string | number>();

  /** @returns one text for each difference */
  async play(lines: readonly Line[]): Promise<string[]> {
    const found: string[] = [];
    for (const line of lines) found.push(...(await this.playLine(line)));
    return found;
  }

  async playLine(line: Line): Promise<string[]> {
    // how often a client polls is a matter of time: one poll, when all is done
    if (line.path.startsWith('/v1/actions?')) await this.client.finish();
    if (line.injected) await this.client.fault({ effect: faultFor(line), count: 1 });
    const path = this.translate(line.path.replace(/^\/v1/, ''));
    const body = line.request === null ? undefined : (JSON.parse(this.translate(JSON.stringify(line.request))) as unknown);
    const answer = await this.client.request(line.method, path, body);
    if (line.method !== 'GET') this.learn(line.response, answer.body);
    return this.compare(line, answer).map((text) => `${line.seq} ${line.method} ${line.path}: ${text}`);
  }

  private compare(line: Line, answer: Answer): string[] {
    if (answer.status !== line.status) return [`status ${answer.status} ${JSON.stringify(answer.body)}, recorded ${line.status}`];
    if (typeof line.response !== 'object' || line.response === null) return [];
    return differences(line.response, answer.body);
  }

  private translate(text: string): string {
    return text.replace(/\d{7,}|\b\d+\.\d+\.\d+\.\d+\b/g, (word) => String(this.here.get(word) ?? word));
  }

  /** Walks both answers side by side. */
  private learn(recorded: unknown, answered: unknown): void {
    if (typeof recorded === 'number' && typeof answered === 'number' && recorded > 1_000_000) this.here.set(String(recorded), answered);
    if (typeof recorded === 'string' && typeof answered === 'string' && /^(203\.0\.113|198\.51\.100)\.\d+$/.test(recorded)) {
      this.here.set(recorded, answered);
    }
    if (typeof recorded !== 'object' || typeof answered !== 'object' || recorded === null || answered === null) return;
    for (const [key, value] of Object.entries(recorded)) {
      if (key !== 'server_type') this.learn(value, (answered as Record<string, unknown>)[key]);
    }
  }

  idHere(recorded: number): number {
    return Number(this.here.get(String(recorded)));
  }
}

/** The fault that makes the recorded answer. */
export function faultFor({ status, response }: Line): Extract<FaultOrder['effect'], { kind: 'status' }> {
  const error = (response as { error?: { code: string; message: string; details: Record<string, unknown> | null } }).error;
  return { kind: 'status', status: status!, ...(error ?? {}) };
}

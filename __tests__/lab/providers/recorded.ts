import { readFileSync } from 'node:fs';
import type { State } from '../../../lab/providers/protocol/value';

/** Attributes that the real tls provider stored. */
export function recordedTls(name: string): State {
  const file = new URL(`recordings/tls-4.1.0/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { attributes: State }).attributes;
}

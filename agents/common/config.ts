import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Shape } from './shape';

/** The configuration of an agent, as synth has rendered it: lib/config. @throws if it has another form */
export function readConfig<T>(path: string, shape: Shape<T>): T {
  const config: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!shape(config)) throw new Error(`${path} is not what this version of the agent reads; deploy again, so that both are of one version`);
  return config;
}

/** An environment variable that the agent's systemd unit sets. */
export function fact(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the agent by its systemd unit; if that does not set it, deploy again`);
  return value;
}

/** Where systemd shows a credential of the unit to the agent alone (LoadCredential). */
export function credentialFile(name: string): string {
  return `${fact('CREDENTIALS_DIRECTORY')}/${name}`;
}

/** A password or a token. Never in an argument list. */
export async function credential(name: string): Promise<string> {
  return (await readFile(credentialFile(name), 'utf8')).trim();
}

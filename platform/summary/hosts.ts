import { TIERS, type Tier } from '../../lib/net/address-plan';

/**
 * Steps of a deploy that log in to a host; `let-go`: waits until nothing is under way to servers that leave; `run`: a command of its own
 * after all others.
 */
export type Step = 'identify' | 'install' | 'configure' | 'let-go' | 'run';

/** What a resource is to a host. */
export interface Part {
  readonly tier: Tier;
  /** Without the prefix of names. */
  readonly host: string;
  readonly kind: 'server' | 'volume' | 'volume-attachment' | Step;
}

const KINDS: Readonly<Record<string, Part['kind']>> = {
  server: 'server',
  volume: 'volume',
  'volume-attachment': 'volume-attachment',
  identify: 'identify',
  install: 'install',
  configure: 'configure',
  'let-go': 'let-go',
};

/** Undefined for what belongs to no host: by the construct's path, which the address consists of. */
export function partOf(address: string): Part | undefined {
  const [, type, scope, host = '', kind = ''] = /^(\w+)\.([^_]+)_([^_]+)_([^_]+)_[0-9A-F]{8}$/.exec(address) ?? [];
  const tier = TIERS.find((each) => each === scope);
  if (!tier || !(type === 'terraform_data' || /^hcloud_(server|volume|volume_attachment)$/.test(type ?? ''))) return undefined;
  return { tier, host, kind: KINDS[kind] ?? 'run' };
}

/** `web-1 to web-3, web-5`. */
export function named(hosts: readonly string[]): string {
  const sorted = [...new Set(hosts)].sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  const runs = sorted.reduce<string[][]>((all, name) => {
    const run = all.at(-1);
    if (run && follows(run.at(-1) ?? '', name)) run.push(name);
    else all.push([name]);
    return all;
  }, []);
  return runs.map((run) => (run.length > 2 ? `${run[0] ?? ''} to ${run.at(-1) ?? ''}` : run.join(', '))).join(', ');
}

function follows(one: string, other: string): boolean {
  const [, name = '', number = ''] = /^(.*?)(\d+)$/.exec(one) ?? [];
  return other === `${name}${Number(number) + 1}`;
}

import { z } from 'zod';
import type { Changes } from './changes';
import type { Files } from './synthesized';

const rulesSchema = z.array(
  z.object({
    direction: z.string(),
    protocol: z.string(),
    port: z.string().nullish(),
    source_ips: z.union([z.array(z.string()), z.string()]).nullish(),
  }),
);

/** Of Hetzner's firewall, each rule and source a line: `open 22/tcp to 203.0.113.0/24`. */
export function publicRules(changes: Changes): string[] {
  return [...changes.values()]
    .filter(({ type, action, attributes }) => type === 'hcloud_firewall' && (action !== 'update' || attributes.includes('rule')))
    .flatMap(({ before, after }) => {
      const [old, now] = [rulesOf(before['rule']), rulesOf(after['rule'])];
      return [
        ...now.filter((rule) => !old.includes(rule)).map((rule) => `opened to the Internet: ${rule}`),
        ...old.filter((rule) => !now.includes(rule)).map((rule) => `closed to the Internet: ${rule}`),
      ];
    });
}

function rulesOf(block: unknown): string[] {
  return (rulesSchema.safeParse(block).data ?? []).flatMap(({ protocol, port, source_ips: sources }) => {
    const what = port ? `${port}/${protocol}` : protocol;
    // An expression stands for ranges that are known only at apply
    const from = typeof sources === 'string' ? ['ranges that are known at apply'] : (sources ?? []);
    return from.map((source) => `${what} from ${source}`);
  });
}

/** Rules of a host's own firewall that come and go, by their names. A rule that keeps its name but matches other addresses is told apart. */
export function hostRules(before: Files, after: Files): string[] {
  const [old, now] = [rulesIn(before.get(FILE)), rulesIn(after.get(FILE))];
  const opened = now.filter((rule) => !old.some(({ line }) => line === rule.line));
  const closed = old.filter((rule) => !now.some(({ line }) => line === rule.line));
  const isIn = (rules: readonly Rule[], name: string) => rules.some((rule) => rule.name === name);
  const others = [...new Set(opened.filter(({ name }) => isIn(closed, name)).map(({ name }) => name))];
  return [
    ...opened.filter(({ name }) => !isIn(closed, name)).map(({ name, line }) => `opened: ${name}, ${line}`),
    ...closed.filter(({ name }) => !isIn(opened, name)).map(({ name, line }) => `closed: ${name}, ${line}`),
    ...(others.length > 0 ? [`other addresses: ${others.join('; ')}`] : []),
  ];
}

interface Rule {
  /** Its comment: `web -> app http`. */
  readonly name: string;
  /** What it matches. */
  readonly line: string;
}

const FILE = 'files/etc/platform/host-firewall.nft';

function rulesIn(text = ''): Rule[] {
  return text.split('\n').flatMap((each) => {
    const [, line = '', name] = /^\s*(.*?) accept comment "(.*)"$/.exec(each) ?? [];
    if (name !== undefined) return [{ name, line }];
    const [, elements] = /^\s*elements = (.*)$/.exec(each) ?? [];
    return elements === undefined ? [] : [{ name: 'name servers', line: elements }];
  });
}

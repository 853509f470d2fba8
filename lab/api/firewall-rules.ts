import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { parseRange } from './cidr';
import { invalidInput } from './errors';
import type { FirewallRule } from './hardware';

const MOST_RULES = 50;

export const ruleSchema = z.strictObject({
  direction: z.enum(['in', 'out']),
  protocol: z.enum(['tcp', 'udp', 'icmp', 'esp', 'gre']),
  port: z.string().nullish(),
  source_ips: z.array(z.string()).default([]),
  destination_ips: z.array(z.string()).default([]),
  description: z.string().max(255, 'is too long').nullish(),
});

export function checkRules(rules: readonly z.output<typeof ruleSchema>[]): readonly FirewallRule[] {
  if (rules.length > MOST_RULES) throw invalidInput('rules', `more than ${MOST_RULES} rules`);
  return rules.map((rule, index) => {
    const refuse = (field: string, message: string): Error => invalidInput(`rules.${index}.${field}`, message);
    const hasPorts = rule.protocol === 'tcp' || rule.protocol === 'udp';
    if (hasPorts && !rule.port) throw refuse('port', `is needed for ${rule.protocol}`);
    if (!hasPorts && rule.port) throw refuse('port', `makes no sense for ${rule.protocol}`);
    if (rule.port && !isPort(rule.port)) throw refuse('port', `'${rule.port}' is not a port, a range of ports or any`);
    const [used, unused] =
      rule.direction === 'in' ? (['source_ips', 'destination_ips'] as const) : (['destination_ips', 'source_ips'] as const);
    if (rule[used].length === 0) throw refuse(used, `is needed for direction ${rule.direction}`);
    if (rule[unused].length > 0) throw refuse(unused, `makes no sense for direction ${rule.direction}`);
    const odd = rule[used].find((range) => !isCanonicalRange(range));
    if (odd !== undefined) throw refuse(used, `'${odd}' is not a canonical CIDR`);
    return { ...rule, port: rule.port ?? null, description: rule.description ?? null };
  });
}

function isPort(text: string): boolean {
  if (text === 'any') return true;
  if (!/^\d{1,5}(-\d{1,5})?$/.test(text)) return false;
  const [first, last = first] = text.split('-').map(Number);
  return first! >= 1 && first! <= last! && last! <= 65535;
}

function isCanonicalRange(text: string): boolean {
  if (parseRange(text)) return true;
  const [address = '', prefix = '', ...rest] = text.split('/');
  if (!isIPv6(address) || rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > 128) return false;
  return new URL(`http://[${address}]`).hostname === `[${address}]`;
}

import type { Facts } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, warning, wrong } = findings('Cloudflare');

/** With these Cloudflare speaks TLS to the load balancers. */
const ENCRYPTED = ['full', 'strict', 'origin_pull'];

/** The token sees the zone, and may edit it; the zone's mode is one that the load balancers answer. */
export function checkCloudflare({
  environment: { cloudflare: planned },
  cloudflare: asked,
}: Pick<Facts, 'environment' | 'cloudflare'>): Finding[] {
  if (!planned || !asked) return [];
  if ('failure' in asked)
    return [
      wrong(
        asked.failure,
        'make a token for the zone: DNS edit, SSL and certificates edit, zone settings read, zone read (docs/cloudflare.md)',
      ),
    ];
  const {
    zones: [zone, second],
    encryption,
  } = asked.answer;
  if (!zone || second)
    return [
      wrong(
        `the token sees ${zone ? 'several zones' : 'no zone'} ${planned.zone}`,
        'check the setting cloudflare.zone, and that the token may read that zone',
      ),
    ];
  const found: Finding[] = [];
  const rights = zone.permissions;
  if (rights.includes('#dns_records:read') && !rights.includes('#dns_records:edit'))
    found.push(wrong(`the token may read records of ${planned.zone}, and not edit them`, 'give the token the right to edit DNS'));
  if (planned.proxied && encryption !== undefined && !ENCRYPTED.includes(encryption)) {
    found.push(
      wrong(
        `the zone has the SSL/TLS mode ${encryption}, with which Cloudflare does not speak TLS to the load balancers`,
        "set it to Full (strict) in Cloudflare's dashboard",
      ),
    );
  }
  if (planned.proxied && encryption === undefined)
    found.push(warning(`the SSL/TLS mode of ${planned.zone} could not be read`, 'give the token the right to read zone settings'));
  return found.length > 0 ? found : [fine(`the token may edit the zone ${planned.zone}`)];
}

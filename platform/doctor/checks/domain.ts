import { existing, known, type Asked, type CaaRecord, type Facts, type NameFacts } from '../facts';
import { findings, type Finding } from '../finding';

const dns = findings('DNS');
const caa = findings('CAA');

/** The names lead to the floating IP. Behind Cloudflare's DNS the stack itself sees to that. */
export function checkDomains(facts: Pick<Facts, 'environment' | 'state' | 'project' | 'names'>): Finding[] {
  const {
    environment: { domains, cloudflare, floatingIp },
    names,
  } = facts;
  if (cloudflare)
    return [dns.note(`records of ${domains.join(', ')} are made by the deploy, in the zone ${cloudflare.zone} at Cloudflare`)];
  const both = known(facts);
  const address = both && existing(floatingIp.address, floatingIp.type, both.project.items, both.state)?.ip;
  return Object.entries(names).flatMap(([name, { a, aaaa }]) => [...leadsTo(name, a, address ?? undefined), ...hasNoIpv6(name, aaaa)]);
}

function leadsTo(name: string, a: Asked<readonly string[]>, address: string | undefined): Finding[] {
  if ('failure' in a) return [couldNotAsk(dns, `A record of ${name}`, a.failure)];
  const has = a.answer.length > 0 ? `leads to ${a.answer.join(', ')}` : 'has no A record';
  if (address === undefined) return [dns.note(`${name} ${has}; the floating IP is made by the first deploy: point it there then`)];
  if (a.answer.length === 1 && a.answer[0] === address) return [dns.fine(`${name} leads to the floating IP ${address}`)];
  return [dns.warning(`${name} ${has}, and not to the floating IP ${address} alone`, `make one A record: ${name} A ${address}`)];
}

function hasNoIpv6(name: string, aaaa: Asked<readonly string[]>): Finding[] {
  if ('failure' in aaaa || aaaa.answer.length === 0) return [];
  return [
    dns.warning(
      `${name} has the AAAA record ${aaaa.answer.join(', ')}: whoever has IPv6, Let's Encrypt too, goes there, and the platform has IPv4 alone`,
      'remove the AAAA record',
    ),
  ];
}

/** No CAA record (RFC 8659) stops Let's Encrypt, where the certificate comes from it. */
export function checkCaa({ environment: { certificate }, names }: Pick<Facts, 'environment' | 'names'>): Finding[] {
  if (certificate.mode !== 'acme' || !certificate.letsEncrypt) return [];
  return Object.entries(names).map(([name, { caa: asked }]) => ofCaa(name, asked));
}

const LETS_ENCRYPT = 'letsencrypt.org';

function ofCaa(name: string, asked: NameFacts['caa']): Finding {
  if ('failure' in asked)
    return couldNotAsk(caa, `CAA records of ${name}`, `${asked.failure}; Let's Encrypt refuses a name whose CAA records it cannot ask for`);
  if (!asked.answer) return caa.fine(`${name} has no CAA records, so that Let's Encrypt may issue`);
  const { at, records } = asked.answer;
  const remedy = `add the record: ${at} CAA 0 issue "${LETS_ENCRYPT}"`;
  const unknown = records
    .filter(({ critical }) => critical !== 0)
    .flatMap(properties)
    .find((property) => !KNOWN.has(property));
  if (unknown)
    return caa.wrong(
      `${at} has a critical CAA record "${unknown}", which Let's Encrypt does not know, and so refuses`,
      `remove that record, or make it not critical (flag 0)`,
    );
  const issuers = records.flatMap(({ issue }) => (issue === undefined ? [] : [issue]));
  if (issuers.length === 0) return caa.fine(`the CAA records of ${at} say nothing of who may issue`);
  const own = issuers.filter((issue) => issue.split(';')[0]?.trim().toLowerCase() === LETS_ENCRYPT);
  if (own.length === 0)
    return caa.wrong(`the CAA records of ${at} allow ${issuers.map((issue) => `"${issue}"`).join(', ')}, and so not Let's Encrypt`, remedy);
  if (own.some(allowsHttp)) return caa.fine(`the CAA records of ${at} allow Let's Encrypt`);
  return caa.wrong(
    `the CAA records of ${at} allow Let's Encrypt for another account or method: "${own.join('", "')}"`,
    `take its parameters out: the load balancers make an account of their own and validate by http-01; ${remedy}`,
  );
}

const KNOWN = new Set(['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail', 'issuevmc']);
const properties = (record: CaaRecord): string[] => Object.keys(record).filter((key) => key !== 'critical' && key !== 'type');

/** RFC 8657: an account cannot be the one that the load balancers make, and the method has to be theirs. */
function allowsHttp(issue: string): boolean {
  const parameters = issue
    .split(';')
    .slice(1)
    .map((text) => text.trim().toLowerCase());
  const methods = parameters
    .find((text) => text.startsWith('validationmethods='))
    ?.split('=')[1]
    ?.split(',');
  return !parameters.some((text) => text.startsWith('accounturi=')) && (!methods || methods.includes('http-01'));
}

function couldNotAsk({ warning }: ReturnType<typeof findings>, what: string, why: string): Finding {
  return warning(`${what}: ${why}`, 'ask another resolver: --resolver 9.9.9.9');
}

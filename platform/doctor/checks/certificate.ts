import type { Facts, ShownCertificate } from '../facts';
import { findings, type Finding } from '../finding';

const { fine, note, warning, wrong } = findings('certificate');

const DAY_MILLISECONDS = 86_400_000;
/** As many as a plan warns about: lib/certificates/certificate-end.ts. */
const PLAN_WARNS_DAYS = 30;
/** The load balancers renew when a third of the lifetime is left, which will be 15 days and more. */
const OBTAINED_DAYS = 10;

/** The certificate that visitors are shown, the one in a file of your own, and the one that Cloudflare's proxies are shown. */
export function checkCertificate({
  environment: {
    certificate,
    domains: [domain = ''],
  },
  certificate: shown,
  state,
  now,
}: Pick<Facts, 'environment' | 'certificate' | 'state' | 'now'>): Finding[] {
  const own = [
    ...(certificate.ownEnd ? ofFile(certificate.ownEnd, now) : []),
    ...(certificate.mode === 'cloudflare-origin' ? ofOriginCa(state, now) : []),
  ];
  if (shown === null) return own.length > 0 ? own : [note(`nothing is shown yet; the first deploy brings one of mode ${certificate.mode}`)];
  if ('failure' in shown)
    return [
      ...own,
      warning(`nobody shows one for ${domain}: ${shown.failure}`, 'on the load balancers: systemctl status haproxy floating-ip-agent'),
    ];
  return [...own, ofShown(shown.answer, certificate.mode, domain, now)];
}

function ofFile(end: Date, now: Date): Finding[] {
  const days = daysUntil(end, now);
  const remedy = 'put another into the files of settings.certificate, and deploy';
  if (days < 0) return [wrong(`the one in certificate.certificateFile has ended on ${day(end)}`, remedy)];
  return [
    days < PLAN_WARNS_DAYS
      ? warning(`the one in certificate.certificateFile ends on ${day(end)}, in ${days} days`, remedy)
      : fine(`the one in certificate.certificateFile ends on ${day(end)}`),
  ];
}

/** Nobody but Cloudflare sees it; Terraform knows its end. An apply in its last days gets a new one. */
function ofOriginCa(state: Facts['state'], now: Date): Finding[] {
  const made =
    'answer' in state ? [...state.answer].find(([address]) => address.startsWith('cloudflare_origin_ca_certificate.'))?.[1] : undefined;
  if (!made?.endsAt) return [];
  const says = `the one of Cloudflare's Origin CA ends on ${day(made.endsAt)}`;
  return [
    daysUntil(made.endsAt, now) < PLAN_WARNS_DAYS
      ? warning(`${says}, in ${daysUntil(made.endsAt, now)} days`, REMEDIES['cloudflare-origin'])
      : fine(says),
  ];
}

function ofShown(
  { issuer, endsAt, isForName, trusted }: ShownCertificate,
  mode: Facts['environment']['certificate']['mode'],
  domain: string,
  now: Date,
): Finding {
  const days = daysUntil(endsAt, now);
  const says = `${domain} is shown one of ${issuer}, until ${day(endsAt)}`;
  if (days < 0) return warning(`${says}: it has ended`, REMEDIES[mode]);
  if (!isForName) return warning(`${says}, for other names`, REMEDIES[mode]);
  if (mode === 'self-signed') return fine(`${says}; browsers warn of it, see docs/certificates.md for others`);
  if (days < OBTAINED_DAYS) return warning(`${says}, in ${days} days`, REMEDIES[mode]);
  // Of Cloudflare's Origin CA: only Cloudflare's proxies trust it
  return trusted || mode === 'cloudflare-origin' ? fine(says) : warning(`${says}: this machine does not trust that issuer`, REMEDIES[mode]);
}

const REMEDIES: Readonly<Record<Facts['environment']['certificate']['mode'], string>> = {
  'self-signed': 'deploy again',
  files: 'put another into the files of settings.certificate, and deploy',
  'cloudflare-origin': 'deploy again',
  acme: 'the names have to lead to the floating IP; then, on the load balancer that has it: systemctl status certificate-agent (docs/certificates.md)',
};

const day = (date: Date): string => date.toISOString().slice(0, 10);
const daysUntil = (end: Date, now: Date): number => Math.floor((end.getTime() - now.getTime()) / DAY_MILLISECONDS);

import { onMachine, tryOnMachine, until, type Fault } from './fault';
import type { Lab } from '../lab';
import { shownCertificate } from '../traffic/certificate';
import { configure } from './provisioning';

/** Where a deploy puts certificate and key. */
const CERTIFICATE = '/etc/platform/credentials/tls-certificate';
const GOOD = `${CERTIFICATE}.lab-good`;
const CONFIGURE = configure('load-balancer');

/**
 * Installs another certificate for the same name again and again, as a deploy does. Each is shown to clients before
 * the next comes. The first is cut in half: it must be refused, and the previous one stays in use.
 */
export function certificateChanges(lab: Lab, machine: string, { times = 50, seenWithinMilliseconds = 10_000 } = {}): Fault {
  return {
    title: `the certificate on ${machine} is changed ${times} times`,
    async inject() {
      const before = await servedCertificate(lab);
      await onMachine(lab, machine, `cp -p ${CERTIFICATE} ${GOOD} && head -c 300 ${GOOD} >${CERTIFICATE}`);
      const { exitCode } = await tryOnMachine(lab, machine, CONFIGURE, 120);
      if (exitCode === 0) throw new Error(`${machine} took half a certificate without a word`);
      if ((await servedCertificate(lab)) !== before) throw new Error(`${machine} serves another certificate after it refused half of one`);
      for (let n = 1; n <= times; n += 1) {
        const fingerprint = await onMachine(
          lab,
          machine,
          `${anotherCertificate(lab.domain)} && ${CONFIGURE} >&2 && openssl x509 -in ${CERTIFICATE} -noout -fingerprint -sha256`,
          60,
        );
        const wanted = fingerprint.split('=').at(-1);
        await until(`clients get certificate ${n}`, async () => (await servedCertificate(lab)) === wanted, seenWithinMilliseconds);
      }
    },
    recover: () => formerCertificate(lab, machine),
  };
}

/** Installs a certificate that ends after some seconds, without a successor. */
export function certificateExpires(lab: Lab, machine: string, validSeconds = 10): Fault {
  return {
    title: `the certificate on ${machine} expires`,
    async inject() {
      const end = `-not_after "$(date --utc --date '+${validSeconds} seconds' +%Y%m%d%H%M%SZ)"`;
      const fingerprint = await onMachine(
        lab,
        machine,
        `cp -p ${CERTIFICATE} ${GOOD} && ${anotherCertificate(lab.domain, end)} && ${CONFIGURE} >&2 && openssl x509 -in ${CERTIFICATE} -noout -fingerprint -sha256`,
        60,
      );
      await until('clients get it', async () => (await servedCertificate(lab)) === fingerprint.split('=').at(-1));
      await until(
        'it has ended',
        async () => (await tryOnMachine(lab, machine, `openssl x509 -in ${CERTIFICATE} -noout -checkend 0`)).exitCode === 1,
        (validSeconds + 15) * 1000,
      );
    },
    recover: () => formerCertificate(lab, machine),
  };
}

async function formerCertificate(lab: Lab, machine: string): Promise<void> {
  await onMachine(lab, machine, `if test -f ${GOOD}; then mv ${GOOD} ${CERTIFICATE} && ${CONFIGURE}; fi`, 120);
}

/** Shell: makes a key and a self-signed certificate, and moves them into place at once. */
function anotherCertificate(domain: string, end = '-days 7'): string {
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -keyout /dev/stdout';
  return `umask 077 && openssl req -x509 ${key} ${end} -subj /CN=${domain} -addext subjectAltName=DNS:${domain} -out ${CERTIFICATE}.new.crt 2>/dev/null >${CERTIFICATE}.new && cat ${CERTIFICATE}.new.crt >>${CERTIFICATE}.new && rm ${CERTIFICATE}.new.crt && mv ${CERTIFICATE}.new ${CERTIFICATE}`;
}

/** Fingerprint of the certificate that a new client gets. */
async function servedCertificate({ target }: Lab): Promise<string> {
  return (await shownCertificate(target, 2000)).certificate.fingerprint256;
}

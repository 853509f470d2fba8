import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { CloudflareError, invalid, noRoute } from './errors';
import { del, get, inZone, paged, withBody, type Route, type ZoneCall } from './requests';
import type { HostnamePull, PullCertificate, Account } from './account';

/** How long the edge takes to deploy a certificate. */
const DEPLOYMENT_MS = 1000;

const uploadSchema = z.strictObject({ certificate: z.string(), private_key: z.string() });
const settingsSchema = z.strictObject({ enabled: z.boolean() });
const hostnamesSchema = z.strictObject({
  config: z.array(z.strictObject({ hostname: z.string(), cert_id: z.string().nullish(), enabled: z.boolean().nullish() })).min(1),
});

const ALL = '/zones/:zone/origin_tls_client_auth';

export const routes: readonly Route[] = [
  get(
    `${ALL}/settings`,
    [],
    inZone(({ account, zone }) => ({ result: { enabled: account.pullsEnabled.get(zone.id) ?? false } })),
  ),
  withBody(
    'PUT',
    `${ALL}/settings`,
    settingsSchema,
    inZone(({ account, zone, body }) => {
      account.pullsEnabled.set(zone.id, body.enabled);
      return { result: { enabled: body.enabled } };
    }),
  ),
  withBody('PUT', `${ALL}/hostnames`, hostnamesSchema, inZone(configureHostnames)),
  get(
    `${ALL}/hostnames/:hostname`,
    [],
    inZone(({ account, zone, params }) => {
      const found = account.hostnamePulls.get(`${zone.id}/${params['hostname'] ?? ''}`);
      if (found === undefined) throw new CloudflareError(404, 1400, 'hostname association not found');
      return { result: renderHostname(account, found) };
    }),
  ),
  get(
    ALL,
    [],
    inZone((call) =>
      paged(
        call,
        ofZone(call).map((each) => renderPullCertificate(call.account, each)),
      ),
    ),
  ),
  withBody('POST', ALL, uploadSchema, inZone(upload)),
  get(
    `${ALL}/:certificate`,
    [],
    inZone((call) => ({ result: renderPullCertificate(call.account, find(call)) })),
  ),
  del(
    `${ALL}/:certificate`,
    inZone((call) => {
      const found = find(call);
      call.account.pullCertificates.delete(found.id);
      return { result: { ...renderPullCertificate(call.account, found), status: 'pending_deletion', enabled: false } };
    }),
  ),
];

const ofZone = ({ account, zone }: ZoneCall): readonly PullCertificate[] =>
  [...account.pullCertificates.values()].filter(({ zoneId }) => zoneId === zone.id);

function upload({ account, zone, body }: ZoneCall<z.output<typeof uploadSchema>>): ReturnType<Route['handle']> {
  const parsed = parseCertificate(body);
  const made: PullCertificate = {
    id: account.newUuid(),
    zoneId: zone.id,
    certificate: body.certificate,
    privateKey: body.private_key,
    issuer: parsed.issuer.split('\n').reverse().join(','),
    signature: parsed.publicKey.asymmetricKeyType === 'rsa' ? 'SHA256WithRSA' : 'ECDSAWithSHA256',
    serialNumber: BigInt(`0x${parsed.serialNumber}`).toString(),
    expiresOn: new Date(parsed.validTo).toISOString().replace('.000Z', 'Z'),
    uploadedOn: account.now(),
    activeFrom: account.clock.now() + DEPLOYMENT_MS,
  };
  account.pullCertificates.set(made.id, made);
  return { result: { ...renderPullCertificate(account, made), enabled: false } };
}

function parseCertificate({ certificate, private_key: key }: z.output<typeof uploadSchema>): X509Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) throw new Error('the key does not fit the certificate');
  } catch (cause) {
    throw invalid(1406, `invalid certificate or private key: ${cause instanceof Error ? cause.message : 'unreadable'}`);
  }
  return parsed;
}

function configureHostnames({ account, zone, body }: ZoneCall<z.output<typeof hostnamesSchema>>): ReturnType<Route['handle']> {
  const now = account.now();
  const changed = body.config.map(({ hostname, cert_id: certificateId = null, enabled = null }) => {
    if (account.zoneOf(hostname)?.id !== zone.id) throw invalid(1401, `hostname ${hostname} is not in the zone`);
    if (certificateId !== null && account.pullCertificates.get(certificateId)?.zoneId !== zone.id)
      throw invalid(1402, `certificate ${certificateId} not found`);
    const before = account.hostnamePulls.get(`${zone.id}/${hostname}`);
    return { zoneId: zone.id, hostname, certificateId, enabled, createdAt: before?.createdAt ?? now, updatedAt: now };
  });
  for (const each of changed) account.hostnamePulls.set(`${zone.id}/${each.hostname}`, each);
  return { result: changed.map((each) => renderHostname(account, each)) };
}

function find({ account, zone, params, path }: ZoneCall): PullCertificate {
  const id = params['certificate'] ?? '';
  const found = account.pullCertificates.get(id);
  if (found?.zoneId === zone.id) return found;
  throw /^[0-9a-f-]{36}$/.test(id) ? new CloudflareError(404, 1403, 'certificate not found') : noRoute(path);
}

export function renderPullCertificate(account: Account, found: PullCertificate): object {
  const isActive = account.clock.now() >= found.activeFrom;
  return {
    id: found.id,
    certificate: found.certificate,
    issuer: found.issuer,
    signature: found.signature,
    expires_on: found.expiresOn,
    status: isActive ? 'active' : 'initializing',
    uploaded_on: found.uploadedOn,
    enabled: account.pullsEnabled.get(found.zoneId) ?? false,
  };
}

export function renderHostname(account: Account, found: HostnamePull): object {
  const certificate = found.certificateId === null ? undefined : account.pullCertificates.get(found.certificateId);
  return {
    hostname: found.hostname,
    cert_id: found.certificateId,
    enabled: found.enabled,
    status: 'active',
    created_at: found.createdAt,
    updated_at: found.updatedAt,
    cert_status: certificate === undefined ? null : 'active',
    issuer: certificate?.issuer ?? null,
    signature: certificate?.signature ?? null,
    serial_number: certificate?.serialNumber ?? null,
    certificate: certificate?.certificate ?? null,
    cert_uploaded_on: certificate?.uploadedOn ?? null,
    cert_updated_at: certificate?.uploadedOn ?? null,
    expires_on: certificate?.expiresOn ?? null,
  };
}

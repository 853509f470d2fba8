import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { CloudflareError, invalid, noRoute } from './errors';
import { del, get, inZone, paged, withBody, type Route, type ZoneCall } from './requests';
import type { HostnamePull, PullCertificate, World } from './world';

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
    inZone(({ world, zone }) => ({ result: { enabled: world.pullsEnabled.get(zone.id) ?? false } })),
  ),
  withBody(
    'PUT',
    `${ALL}/settings`,
    settingsSchema,
    inZone(({ world, zone, body }) => {
      world.pullsEnabled.set(zone.id, body.enabled);
      return { result: { enabled: body.enabled } };
    }),
  ),
  withBody('PUT', `${ALL}/hostnames`, hostnamesSchema, inZone(configureHostnames)),
  get(
    `${ALL}/hostnames/:hostname`,
    [],
    inZone(({ world, zone, params }) => {
      const found = world.hostnamePulls.get(`${zone.id}/${params['hostname'] ?? ''}`);
      if (found === undefined) throw new CloudflareError(404, 1400, 'hostname association not found');
      return { result: renderHostname(world, found) };
    }),
  ),
  get(
    ALL,
    [],
    inZone((call) =>
      paged(
        call,
        ofZone(call).map((each) => renderPullCertificate(call.world, each)),
      ),
    ),
  ),
  withBody('POST', ALL, uploadSchema, inZone(upload)),
  get(
    `${ALL}/:certificate`,
    [],
    inZone((call) => ({ result: renderPullCertificate(call.world, find(call)) })),
  ),
  del(
    `${ALL}/:certificate`,
    inZone((call) => {
      const found = find(call);
      call.world.pullCertificates.delete(found.id);
      return { result: { ...renderPullCertificate(call.world, found), status: 'pending_deletion', enabled: false } };
    }),
  ),
];

const ofZone = ({ world, zone }: ZoneCall): readonly PullCertificate[] =>
  [...world.pullCertificates.values()].filter(({ zoneId }) => zoneId === zone.id);

function upload({ world, zone, body }: ZoneCall<z.output<typeof uploadSchema>>): ReturnType<Route['handle']> {
  const parsed = parseCertificate(body);
  const made: PullCertificate = {
    id: world.newUuid(),
    zoneId: zone.id,
    certificate: body.certificate,
    privateKey: body.private_key,
    issuer: parsed.issuer.split('\n').reverse().join(','),
    signature: parsed.publicKey.asymmetricKeyType === 'rsa' ? 'SHA256WithRSA' : 'ECDSAWithSHA256',
    serialNumber: BigInt(`0x${parsed.serialNumber}`).toString(),
    expiresOn: new Date(parsed.validTo).toISOString().replace('.000Z', 'Z'),
    uploadedOn: world.now(),
    activeFrom: world.clock.now() + DEPLOYMENT_MS,
  };
  world.pullCertificates.set(made.id, made);
  return { result: { ...renderPullCertificate(world, made), enabled: false } };
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

function configureHostnames({ world, zone, body }: ZoneCall<z.output<typeof hostnamesSchema>>): ReturnType<Route['handle']> {
  const now = world.now();
  const changed = body.config.map(({ hostname, cert_id: certificateId = null, enabled = null }) => {
    if (world.zoneOf(hostname)?.id !== zone.id) throw invalid(1401, `hostname ${hostname} is not in the zone`);
    if (certificateId !== null && world.pullCertificates.get(certificateId)?.zoneId !== zone.id)
      throw invalid(1402, `certificate ${certificateId} not found`);
    const before = world.hostnamePulls.get(`${zone.id}/${hostname}`);
    return { zoneId: zone.id, hostname, certificateId, enabled, createdAt: before?.createdAt ?? now, updatedAt: now };
  });
  for (const each of changed) world.hostnamePulls.set(`${zone.id}/${each.hostname}`, each);
  return { result: changed.map((each) => renderHostname(world, each)) };
}

function find({ world, zone, params, path }: ZoneCall): PullCertificate {
  const id = params['certificate'] ?? '';
  const found = world.pullCertificates.get(id);
  if (found?.zoneId === zone.id) return found;
  throw /^[0-9a-f-]{36}$/.test(id) ? new CloudflareError(404, 1403, 'certificate not found') : noRoute(path);
}

export function renderPullCertificate(world: World, found: PullCertificate): object {
  const isActive = world.clock.now() >= found.activeFrom;
  return {
    id: found.id,
    certificate: found.certificate,
    issuer: found.issuer,
    signature: found.signature,
    expires_on: found.expiresOn,
    status: isActive ? 'active' : 'initializing',
    uploaded_on: found.uploadedOn,
    enabled: world.pullsEnabled.get(found.zoneId) ?? false,
  };
}

export function renderHostname(world: World, found: HostnamePull): object {
  const certificate = found.certificateId === null ? undefined : world.pullCertificates.get(found.certificateId);
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

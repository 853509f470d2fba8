import { z } from 'zod';
import { algorithmOf } from '../x509/keys';
import { parseRequest, type CertificateRequest } from '../x509/request';
import { CloudflareError, invalid, noRoute, UnexpectedRequest } from './errors';
import { del, get, paged, withBody, type Call, type Reply, type Route } from './requests';
import type { OriginCertificate, Account } from './account';

const DAY = 86_400_000;
const VALIDITIES = [7, 30, 90, 365, 730, 1095, 5475];
const MOST_HOSTNAMES = 200;

const orderSchema = z.strictObject({
  csr: z.string(),
  hostnames: z.array(z.string()).min(1).max(MOST_HOSTNAMES),
  request_type: z.enum(['origin-rsa', 'origin-ecc', 'keyless-certificate']),
  requested_validity: z.number().default(5475),
});

export const routes: readonly Route[] = [
  withBody('POST', '/certificates', orderSchema, order),
  get('/certificates', ['zone_id', 'limit', 'offset'], (call) => {
    const zoneId = call.query.get('zone_id');
    if (zoneId === null) throw invalid(1003, 'zone_id is required');
    return paged(
      call,
      [...call.account.certificates.values()]
        .filter(({ zoneIds, revokedAt }) => zoneIds.includes(zoneId) && revokedAt === null)
        .map(renderCertificate),
    );
  }),
  get('/certificates/:certificate', [], (call) => ({ result: renderCertificate(find(call)) })),
  del('/certificates/:certificate', (call) => {
    const certificate = find(call);
    certificate.revokedAt ??= call.account.now();
    return { result: { id: certificate.id, revoked_at: certificate.revokedAt } };
  }),
];

function order({ account, body, method, path }: Call<z.output<typeof orderSchema>>): Reply {
  if (body.request_type === 'keyless-certificate') throw new UnexpectedRequest(`${method} ${path}: request_type keyless-certificate`);
  if (!VALIDITIES.includes(body.requested_validity)) throw invalid(1011, `requested_validity must be one of ${VALIDITIES.join(', ')}`);
  const request = parseCsr(body.csr);
  const wanted = body.request_type === 'origin-rsa' ? 'RSA' : 'ECDSA';
  if (algorithmOf(request.publicKey) !== wanted)
    throw invalid(1012, `the key of the CSR does not fit the request type ${body.request_type}`);
  const zoneIds = [...new Set(body.hostnames.map((hostname) => zoneIdOf(account, hostname)))];
  const serial = account.newSerial();
  // A strict emulator does not keep the order: stacks must write them sorted, or ignore it.
  const hostnames = [...body.hostnames].sort();
  const expiresOn = new Date(Math.floor(account.clock.now() / 1000) * 1000 + body.requested_validity * DAY);
  const made: OriginCertificate = {
    id: serial.toString(),
    zoneIds,
    certificate: account.authorities.issue(body.request_type, serial, request, hostnames, expiresOn),
    expiresOn,
    requestType: body.request_type,
    hostnames,
    csr: body.csr,
    requestedValidity: body.requested_validity,
    revokedAt: null,
  };
  account.certificates.set(made.id, made);
  return { result: renderCertificate(made) };
}

function parseCsr(csr: string): CertificateRequest {
  let request: CertificateRequest;
  try {
    request = parseRequest(csr);
  } catch (cause) {
    throw invalid(1013, `Failed to parse CSR: ${cause instanceof Error ? cause.message : 'unreadable'}`);
  }
  if (!request.isSigned) throw invalid(1013, 'Failed to parse CSR: its signature is wrong');
  return request;
}

/** A wildcard covers one level. */
function zoneIdOf(account: Account, hostname: string): string {
  const zone = account.zoneOf(hostname.replace(/^\*\./, ''));
  const isName = /^(\*\.)?([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)+[a-z]+$/.test(hostname);
  if (zone === undefined || !isName)
    throw invalid(
      1010,
      `Failed to validate requested hostname ${hostname}: This zone is either not part of your account, or you do not have access to it.`,
    );
  return zone.id;
}

function find({ account, params, path }: Call): OriginCertificate {
  const id = params['certificate'] ?? '';
  const found = account.certificates.get(id);
  if (found !== undefined && (found.revokedAt === null || account.showsRevoked)) return found;
  throw /^\d{1,48}$/.test(id) ? new CloudflareError(404, 1101, 'Failed to read certificate from Database') : noRoute(path);
}

export function renderCertificate(found: OriginCertificate): object {
  return {
    id: found.id,
    certificate: found.certificate,
    expires_on: found.expiresOn.toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 +0000 UTC'),
    request_type: found.requestType,
    hostnames: found.hostnames,
    csr: found.csr,
    requested_validity: found.requestedValidity,
    ...(found.revokedAt === null ? {} : { revoked_at: found.revokedAt }),
  };
}

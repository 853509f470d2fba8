import { failure, ProviderError } from '../protocol/diagnostics';
import { flag, objects, text } from '../protocol/read';
import type { State } from '../protocol/value';
import { boolish, destroyWarning, filled, time, warnGone, warnOfCreation, zonePath, type CloudflareResource, type Fields } from './common';

const auth = (state: State): string => `${zonePath(state)}/origin_tls_client_auth`;

/** The certificate that Cloudflare shows to the origins of a zone. */
export const originPullsCertificate: CloudflareResource = {
  planning: {
    style: 'framework',
    replace: ['zone_id', 'certificate'],
    recomputed: ['enabled', 'expires_on', 'id', 'issuer', 'signature', 'status', 'uploaded_on'],
  },
  async create({ client, planned, signal }) {
    const body = { certificate: text(planned['certificate']), private_key: text(planned['private_key']) };
    return filled(planned, pullAttributes(await client.send<Fields | null>('POST', auth(planned), body, signal)));
  },
  async read(call) {
    const { client, state, signal } = call;
    const found = await client.find<Fields>(`${auth(state)}/${text(state['certificate_id'])}`, signal);
    return found === null ? warnGone(call) : pullAttributes(found);
  },
  // A key alone cannot be changed: Terraform refuses the result, as with the real provider.
  update: async ({ prior }) => ({ ...prior }),
  delete: ({ client, state, signal }) => client.delete(`${auth(state)}/${text(state['certificate_id'])}`, signal),
};

function pullAttributes(found: Fields | null): State {
  const id = found?.['id'] ?? null;
  return {
    id,
    certificate_id: id,
    certificate: found?.['certificate'] ?? null,
    issuer: found?.['issuer'] ?? null,
    signature: found?.['signature'] ?? null,
    status: found?.['status'] ?? null,
    enabled: boolish(found?.['enabled']),
    expires_on: time(found?.['expires_on']),
    uploaded_on: time(found?.['uploaded_on']),
  };
}

/** The switch of a zone. */
export const originPullsSettings: CloudflareResource = {
  planning: { style: 'framework', replace: ['zone_id'], customize: warnOfCreation, destroyWarning },
  async create({ client, planned, signal }) {
    await client.send('PUT', `${auth(planned)}/settings`, { enabled: flag(planned['enabled']) }, signal);
    return {};
  },
  async read(call) {
    const { client, state, signal } = call;
    const found = await client.find<Fields>(`${auth(state)}/settings`, signal);
    return found === null ? warnGone(call) : { enabled: boolish(found['enabled']) };
  },
  async update({ client, planned, signal }) {
    await client.send('PUT', `${auth(planned)}/settings`, { enabled: flag(planned['enabled']) }, signal);
    return {};
  },
};

const COMPUTED = [
  'cert_id',
  'cert_status',
  'cert_updated_at',
  'cert_uploaded_on',
  'certificate',
  'created_at',
  'enabled',
  'expires_on',
  'issuer',
  'private_key',
  'serial_number',
  'signature',
  'status',
  'updated_at',
];
const TIMES = ['cert_updated_at', 'cert_uploaded_on', 'created_at', 'expires_on', 'updated_at'];

/** Certificates of single hostnames. */
export const originPulls: CloudflareResource = {
  planning: { style: 'framework', replace: ['zone_id', 'hostname'], recomputed: COMPUTED, customize: warnOfCreation, destroyWarning },
  async create({ client, planned, signal }) {
    await client.send('PUT', `${auth(planned)}/hostnames`, configOf(planned), signal);
    // The answer is a list, which the real provider cannot read: the next refresh fills the rest in.
    return filled(planned, { id: planned['hostname'] ?? null });
  },
  async read(call) {
    const { client, state, signal } = call;
    const hostname = text(state['hostname']);
    if (hostname === '') throw new ProviderError(failure('failed to make http request', 'missing required hostname parameter'));
    const found = await client.find<Fields>(`${auth(state)}/hostnames/${hostname}`, signal);
    if (found === null) return warnGone(call);
    return Object.fromEntries(COMPUTED.map((name) => [name, TIMES.includes(name) ? time(found[name]) : (found[name] ?? null)]));
  },
  async update({ client, planned, signal }) {
    await client.send('PUT', `${auth(planned)}/hostnames`, configOf(planned), signal);
    return filled(planned, {});
  },
};

function configOf(planned: State): object {
  const config = objects(planned['config']).map((entry) => Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)));
  return { config };
}

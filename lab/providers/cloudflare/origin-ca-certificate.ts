import { failure } from '../protocol/diagnostics';
import type { PlanDraft } from '../protocol/provider';
import { isObject, type State } from '../protocol/value';
import { number, text, texts } from '../protocol/read';
import { filled, numeric, oneOf, warnGone, type CloudflareDataSource, type CloudflareResource, type Fields } from './common';

const VALIDITIES = [7, 30, 90, 365, 730, 1095, 5475];

export const originCaCertificate: CloudflareResource = {
  planning: {
    style: 'framework',
    replace: ['csr', 'hostnames', 'request_type'],
    defaults: { requested_validity: 5475 },
    recomputed: ['certificate', 'expires_on'],
    customize: replaceForValidity,
  },
  validation: {
    attributes: {
      request_type: oneOf(['origin-rsa', 'origin-ecc', 'keyless-certificate']),
      requested_validity: (value, name) =>
        VALIDITIES.includes(number(value))
          ? null
          : failure(
              'Invalid Attribute Value Match',
              `Attribute ${name} value must be one of: [${VALIDITIES.map((days) => `"${days.toFixed(6)}"`).join(' ')}], got: ${number(value).toFixed(6)}`,
              name,
            ),
    },
  },
  async create({ client, planned, signal }) {
    const body = {
      csr: text(planned['csr']),
      hostnames: texts(planned['hostnames']),
      request_type: text(planned['request_type']),
      requested_validity: number(planned['requested_validity']),
    };
    return filled(planned, attributes(await client.send<Fields | null>('POST', '/certificates', body, signal)));
  },
  async read(call) {
    const { client, state, signal } = call;
    const found = await client.find<Fields>(path(state), signal);
    if (found === null) return warnGone(call);
    // What was asked for is never read back, except after an import.
    const asked = {
      csr: state['csr'] ?? found['csr'] ?? null,
      requested_validity: state['requested_validity'] ?? numeric(found['requested_validity']),
    };
    return { ...attributes(found), ...asked };
  },
  // Nothing about a certificate can be changed: Terraform refuses the result, as with the real provider.
  update: async ({ prior }) => ({ ...prior }),
  delete: ({ client, state, signal }) => client.delete(path(state), signal),
  importState: async (id, { client, signal }) => {
    const found = await client.get<Fields>(`/certificates/${id}`, signal);
    return { ...attributes(found), csr: found['csr'] ?? null, requested_validity: numeric(found['requested_validity']) };
  },
};

/** A validity that is taken out of the configuration plans a change in place, which cannot succeed. */
function replaceForValidity({ prior, planned, config, replace }: PlanDraft): void {
  if (prior !== null && config['requested_validity'] !== null && planned['requested_validity'] !== prior['requested_validity'])
    replace.add('requested_validity');
}

const path = (state: State): string => `/certificates/${text(state['id'])}`;

function attributes(found: Fields | null): State {
  return {
    id: found?.['id'] ?? null,
    certificate: found?.['certificate'] ?? null,
    expires_on: found?.['expires_on'] ?? null,
    hostnames: found?.['hostnames'] ?? null,
    request_type: found?.['request_type'] ?? null,
  };
}

export const originCaCertificateData: CloudflareDataSource = {
  validation: { exactlyOneOf: [['certificate_id', 'filter']] },
  async read({ client, config, signal }) {
    let id = text(config['certificate_id']);
    if (isObject(config['filter'])) {
      const { zone_id: zoneId, limit, offset } = config['filter'];
      const query = {
        zone_id: text(zoneId),
        ...(limit === null ? {} : { limit: String(number(limit)) }),
        ...(offset === null ? {} : { offset: String(number(offset)) }),
      };
      const found = await client.page<Fields>('/certificates', query, signal);
      if (found.length !== 1) throw new Error(`failed to find exactly one result: ${found.length} found`);
      id = text(found[0]?.['id']);
    }
    const found = await client.get<Fields>(`/certificates/${id}`, signal);
    return {
      ...attributes(found),
      certificate_id: id,
      csr: found['csr'] ?? null,
      requested_validity: numeric(found['requested_validity']),
    };
  },
};

import type { SshKey } from './api-types';
import { frameworkLabels, labelsOf, text, unlessGone, type HcloudResource } from './common';
import type { State } from '../protocol/value';

export const sshKey: HcloudResource = {
  planning: { style: 'framework', replace: ['public_key'], defaults: { labels: {} } },
  validation: { attributes: { labels: frameworkLabels } },
  async create({ client, planned, signal }) {
    const body = { labels: labelsOf(planned['labels']), name: text(planned['name']), public_key: text(planned['public_key']) };
    return attributes((await client.framework.post<{ ssh_key: SshKey }>('/ssh_keys', body, signal)).ssh_key);
  },
  async read({ client, state, signal }) {
    const found = await client.framework.find<SshKey>(`/ssh_keys/${text(state['id'])}`, 'ssh_key', signal);
    return found === null ? null : attributes(found);
  },
  async update({ client, planned, prior, changed, signal }) {
    const body = {
      ...(changed('name') ? { name: text(planned['name']) } : {}),
      ...(changed('labels') ? { labels: labelsOf(planned['labels']) } : {}),
    };
    return attributes((await client.framework.put<{ ssh_key: SshKey }>(`/ssh_keys/${text(prior['id'])}`, body, signal)).ssh_key);
  },
  delete: ({ client, state, signal }) => unlessGone(() => client.framework.delete(`/ssh_keys/${text(state['id'])}`, signal)),
};

export function attributes(key: SshKey): State {
  return { id: String(key.id), name: key.name, fingerprint: key.fingerprint, public_key: key.public_key, labels: key.labels };
}

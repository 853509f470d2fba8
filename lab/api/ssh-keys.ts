import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ApiError, invalidInput } from './errors';
import { checkLabels } from './labels';
import { SELECTABLE, list } from './lists';
import type { SshKey } from './models';
import { created, del, get, labelsSchema, nameSchema, noContent, ok, post, put } from './requests';
import type { Call, Reply, Route } from './requests';
import { rename } from './store';

const createSchema = z.strictObject({ name: nameSchema, public_key: z.string(), labels: labelsSchema.default({}) });
const updateSchema = z.strictObject({ name: nameSchema.optional(), labels: labelsSchema.optional() });

export const routes: readonly Route[] = [
  get('/v1/ssh_keys', [...SELECTABLE, 'fingerprint'], (call) =>
    list(call, 'ssh_keys', call.project.sshKeys.all(), { render: renderSshKey, filters: { fingerprint: (key) => key.fingerprint } }),
  ),
  post('/v1/ssh_keys', createSchema, create),
  get('/v1/ssh_keys/:id', [], ({ project, id }) => ok({ ssh_key: renderSshKey(project.sshKeys.get(id)) })),
  put('/v1/ssh_keys/:id', updateSchema, ({ project, id, body }) => {
    const sshKey = project.sshKeys.get(id);
    rename(project.sshKeys, sshKey, body);
    return ok({ ssh_key: renderSshKey(sshKey) });
  }),
  del('/v1/ssh_keys/:id', ({ project, id }) => {
    project.sshKeys.remove(project.sshKeys.get(id).id);
    return noContent;
  }),
];

function create({ project, body }: Call<z.output<typeof createSchema>>): Reply {
  checkLabels(body.labels);
  const fingerprint = fingerprintOf(body.public_key);
  project.sshKeys.checkNameIsFree(body.name);
  if (project.sshKeys.all().some((key) => key.fingerprint === fingerprint)) {
    const details = { fields: [{ name: 'public_key' }] };
    throw new ApiError(409, 'uniqueness_error', 'SSH key with the same fingerprint already exists', details);
  }
  const sshKey = project.sshKeys.add({
    id: project.nextId(),
    name: body.name,
    labels: body.labels,
    created: project.now(),
    publicKey: body.public_key,
    fingerprint,
  });
  return created({ ssh_key: renderSshKey(sshKey) });
}

/** MD5 over the key blob, which begins with the length and the name of its type. */
function fingerprintOf(publicKey: string): string {
  const [type = '', encoded = ''] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(encoded, 'base64');
  const named = blob.length > 4 && blob.subarray(4, 4 + type.length).toString() === type;
  if (!named || publicKey.trim().includes('\n')) throw invalidInput('public_key', 'is not a valid SSH public key');
  return createHash('md5').update(blob).digest('hex').match(/../g)!.join(':');
}

export function renderSshKey(sshKey: SshKey): object {
  return {
    id: sshKey.id,
    name: sshKey.name,
    fingerprint: sshKey.fingerprint,
    public_key: sshKey.publicKey,
    labels: sshKey.labels,
    created: sshKey.created,
  };
}

import { z } from 'zod';
import { checkConflicts, checkProxied, checkTtl, fullName, isProxiable, normalContent, TYPES } from './dns-rules';
import { CloudflareError, noRoute, UnexpectedRequest } from './errors';
import { del, get, inZone, paged, withBody, type Route, type ZoneCall } from './requests';
import type { DnsRecord } from './account';

const settingsSchema = z.strictObject({
  flatten_cname: z.boolean().optional(),
  ipv4_only: z.boolean().optional(),
  ipv6_only: z.boolean().optional(),
});
const recordSchema = z.strictObject({
  name: z.string().min(1),
  type: z.string().min(1),
  content: z.string(),
  ttl: z.coerce.number().int(),
  proxied: z.boolean().default(false),
  settings: settingsSchema.optional(),
  comment: z.string().nullish(),
  tags: z.array(z.string().regex(/^[A-Za-z0-9_-]+(:.*)?$/, 'is not a tag')).optional(),
  priority: z.number().int().min(0).max(65_535).optional(),
});
type RecordBody = z.output<typeof recordSchema>;
const patchSchema = recordSchema.partial();

const ALL = '/zones/:zone/dns_records';
const ONE = `${ALL}/:record`;

export const routes: readonly Route[] = [
  get(ALL, ['name', 'type', 'content', 'proxied', 'match', 'order', 'direction'], inZone(list)),
  withBody('POST', ALL, recordSchema, inZone(create)),
  get(
    ONE,
    [],
    inZone((call) => ({ result: renderRecord(find(call)) })),
  ),
  withBody(
    'PUT',
    ONE,
    recordSchema,
    inZone((call) => change(call, call.body)),
  ),
  withBody(
    'PATCH',
    ONE,
    patchSchema,
    inZone((call) => change(call, { ...bodyOf(find(call)), ...withoutUndefined(call.body) })),
  ),
  del(
    ONE,
    inZone((call) => {
      const { id } = find(call);
      call.account.records.delete(id);
      return { result: { id } };
    }),
  ),
];

function list(call: ZoneCall): ReturnType<Route['handle']> {
  const wanted = (name: string, value: string): boolean => !call.query.has(name) || call.query.get(name) === value;
  const found = [...call.account.records.values()].filter(
    (record) =>
      record.zoneId === call.zone.id &&
      wanted('name', record.name) &&
      wanted('type', record.type) &&
      wanted('content', record.content) &&
      wanted('proxied', String(record.proxied)),
  );
  return paged(call, found.map(renderRecord));
}

function create(call: ZoneCall<RecordBody>): ReturnType<Route['handle']> {
  const { account, zone } = call;
  const now = account.now();
  const id = account.newId();
  const record = { id, zoneId: zone.id, createdOn: now, ...accepted(call), modifiedOn: now };
  const made: DnsRecord = {
    ...record,
    commentModifiedOn: record.comment === null ? null : now,
    tagsModifiedOn: record.tags.length === 0 ? null : now,
  };
  checkConflicts(account, made);
  account.records.set(id, made);
  return { result: renderRecord(made) };
}

function change(call: ZoneCall, body: RecordBody): ReturnType<Route['handle']> {
  const { account } = call;
  const record = find(call);
  const fields = accepted({ ...call, body });
  const now = account.now();
  checkConflicts(account, { ...record, ...fields });
  if (fields.comment !== record.comment) record.commentModifiedOn = now;
  if (JSON.stringify(fields.tags) !== JSON.stringify(record.tags)) record.tagsModifiedOn = now;
  Object.assign(record, fields, { modifiedOn: now });
  return { result: renderRecord(record) };
}

type Fields = Pick<DnsRecord, 'name' | 'type' | 'content' | 'priority' | 'proxied' | 'ttl' | 'settings' | 'comment' | 'tags'>;

function accepted({ body, zone, method, path }: ZoneCall<RecordBody>): Fields {
  const type = body.type.toUpperCase();
  if (!TYPES.some((known) => known === type)) throw new UnexpectedRequest(`${method} ${path}: record type ${body.type}`);
  checkProxied(type, body.proxied);
  checkTtl(body.ttl);
  return {
    name: fullName(body.name, zone),
    type,
    content: normalContent(type, body.content),
    priority: type === 'MX' ? (body.priority ?? 0) : null,
    proxied: body.proxied,
    // Cloudflare itself answers for a proxied name, with a TTL of its own.
    ttl: body.proxied ? 1 : body.ttl,
    settings: { ...(type === 'CNAME' ? { flatten_cname: false } : {}), ...body.settings },
    comment: body.comment || null,
    tags: body.tags ?? [],
  };
}

function bodyOf({ name, type, content, ttl, proxied, settings, comment, tags, priority }: DnsRecord): RecordBody {
  return { name, type, content, ttl, proxied, settings, comment, tags: [...tags], ...(priority === null ? {} : { priority }) };
}

const withoutUndefined = <T extends object>(from: T): T =>
  Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as T;

function find({ account, zone, params, path }: ZoneCall): DnsRecord {
  const id = params['record'] ?? '';
  const record = account.records.get(id);
  if (record?.zoneId === zone.id) return record;
  throw /^[0-9a-f]{32}$/.test(id) ? new CloudflareError(404, 81044, 'Record does not exist.') : noRoute(path);
}

export function renderRecord(record: DnsRecord): object {
  const { id, name, type, content, proxied, ttl, settings, comment, tags, priority } = record;
  return {
    id,
    name,
    type,
    content,
    proxiable: isProxiable(type),
    proxied,
    ttl,
    settings,
    meta: {},
    comment,
    tags,
    created_on: record.createdOn,
    modified_on: record.modifiedOn,
    ...(record.commentModifiedOn === null ? {} : { comment_modified_on: record.commentModifiedOn }),
    ...(record.tagsModifiedOn === null ? {} : { tags_modified_on: record.tagsModifiedOn }),
    ...(priority === null ? {} : { priority }),
  };
}

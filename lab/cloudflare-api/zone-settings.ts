import { z } from 'zod';
import { invalid, UnexpectedRequest } from './errors';
import { get, inZone, withBody, type Route, type ZoneCall } from './requests';
import type { Account } from './account';

interface Setting {
  readonly values: readonly string[];
  /** Of a new zone. */
  readonly initial: string;
  /** Additional fields of this setting. */
  readonly more?: object;
}
const SWITCH = ['on', 'off'];
const SETTINGS: Readonly<Record<string, Setting>> = {
  ssl: {
    values: ['off', 'flexible', 'full', 'strict', 'origin_pull'],
    initial: 'full',
    more: { certificate_status: 'active', validation_errors: [] },
  },
  always_use_https: { values: SWITCH, initial: 'off' },
  websockets: { values: SWITCH, initial: 'on' },
  tls_client_auth: { values: SWITCH, initial: 'off' },
  min_tls_version: { values: ['1.0', '1.1', '1.2', '1.3'], initial: '1.0' },
};

const ONE = '/zones/:zone/settings/:setting';

export const routes: readonly Route[] = [
  get(
    ONE,
    [],
    inZone((call) => ({ result: render(call) })),
  ),
  withBody(
    'PATCH',
    ONE,
    z.strictObject({ value: z.unknown() }),
    inZone((call) => {
      const { account, zone, body } = call;
      const [id, setting] = find(call);
      if (typeof body.value !== 'string' || !setting.values.includes(body.value))
        throw invalid(1007, `Invalid value for zone setting ${id}`);
      account.settings.set(`${zone.id}/${id}`, { value: body.value, modifiedOn: account.now() });
      return { result: render(call) };
    }),
  ),
];

/** The value that holds: the one that was set, or that of a new zone. */
export function settingOf(account: Account, zoneId: string, id: string): string {
  return account.settings.get(`${zoneId}/${id}`)?.value ?? SETTINGS[id]?.initial ?? '';
}

function find({ method, path, params }: ZoneCall): readonly [string, Setting] {
  const id = params['setting'] ?? '';
  const setting = SETTINGS[id];
  if (setting === undefined) throw new UnexpectedRequest(`${method} ${path}: setting ${id}`);
  return [id, setting];
}

function render(call: ZoneCall): object {
  const [id, setting] = find(call);
  const stored = call.account.settings.get(`${call.zone.id}/${id}`);
  return { id, value: settingOf(call.account, call.zone.id, id), modified_on: stored?.modifiedOn ?? null, editable: true, ...setting.more };
}

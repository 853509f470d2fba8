import { text } from '../protocol/read';
import { isUnknown, type State } from '../protocol/value';
import {
  boolish,
  destroyWarning,
  filled,
  numeric,
  time,
  warnGone,
  warnOfCreation,
  zonePath,
  type CloudflareDataSource,
  type CloudflareResource,
  type Fields,
} from './common';

export const zoneSetting: CloudflareResource = {
  planning: {
    style: 'framework',
    replace: ['zone_id', 'setting_id'],
    recomputed: ['editable', 'enabled', 'modified_on', 'time_remaining'],
    customize: warnOfCreation,
    destroyWarning,
  },
  create: async ({ client, planned, signal }) =>
    filled(planned, attributes(await client.send<Fields | null>('PATCH', path(planned), bodyOf(planned), signal))),
  async read(call) {
    const { client, state, signal } = call;
    const found = await client.find<Fields>(path(state), signal);
    return found === null ? warnGone(call) : attributes(found);
  },
  update: async ({ client, planned, signal }) =>
    filled(planned, attributes(await client.send<Fields | null>('PATCH', path(planned), bodyOf(planned), signal))),
};

export const zoneSettingData: CloudflareDataSource = {
  async read({ client, config, signal }) {
    const found = attributes(await client.get<Fields>(path(config), signal));
    return { ...found, value: typeof found['value'] === 'string' ? found['value'] : JSON.stringify(found['value']) };
  },
};

const path = (state: State): string => `${zonePath(state)}/settings/${text(state['setting_id'])}`;

function bodyOf(planned: State): object {
  const { value, enabled = null } = planned;
  return { value, ...(enabled === null || isUnknown(enabled) ? {} : { enabled }) };
}

function attributes(found: Fields | null): State {
  return {
    id: found?.['id'] ?? null,
    value: found?.['value'] ?? null,
    editable: boolish(found?.['editable']),
    enabled: boolish(found?.['enabled']),
    modified_on: time(found?.['modified_on']),
    time_remaining: numeric(found?.['time_remaining']),
  };
}

import { describe, expect, test } from 'vitest';
import { assertAsPlanned, plan, refreshed, settle } from '../../../../lab/providers/protocol/plan';
import type { Planning } from '../../../../lab/providers/protocol/provider';
import type { BlockSchema } from '../../../../lab/providers/protocol/schema';
import { UNKNOWN, type State } from '../../../../lab/providers/protocol/value';

const block: BlockSchema = {
  attributes: {
    id: { type: 'string', computed: true },
    name: { type: 'string', required: true },
    note: { type: 'string', optional: true },
    backups: { type: 'bool', optional: true },
    labels: { type: ['map', 'string'], optional: true },
    location: { type: 'string', optional: true, computed: true },
    firewall_ids: { type: ['set', 'number'], optional: true, computed: true },
  },
  block_types: {
    network: {
      nesting_mode: 'set',
      block: {
        attributes: {
          network_id: { type: 'number', optional: true, computed: true },
          ip: { type: 'string', optional: true, computed: true },
          alias_ips: { type: ['set', 'string'], optional: true, computed: true },
          mac_address: { type: 'string', computed: true },
        },
      },
    },
  },
};
const nothing: State = { id: null, name: 'a', note: null, backups: null, labels: null, location: null, firewall_ids: null, network: [] };
const config = (given: State = {}): State => ({ ...nothing, ...given });
const attachment = (given: State = {}): State => ({ network_id: 1, ip: '10.0.1.5', alias_ips: null, mac_address: null, ...given });

const sdk: Planning = { style: 'sdk', replace: ['location'], defaults: { backups: false } };
const framework: Planning = { style: 'framework', replace: ['name'], defaults: { labels: {} }, recomputed: ['location'] };
const stored: State = { id: '7', name: 'a', note: '', backups: false, labels: {}, location: 'fsn1', firewall_ids: [3], network: [] };

describe('a plan to create', () => {
  test('has defaults, and unknown where the API decides', () => {
    expect(plan(block, sdk, null, config()).planned).toEqual({
      ...nothing,
      id: UNKNOWN,
      backups: false,
      location: UNKNOWN,
      firewall_ids: UNKNOWN,
    });
  });

  test('takes a list or set with an unknown element for unknown as a whole', () => {
    expect(plan(block, sdk, null, config({ firewall_ids: [1, UNKNOWN] })).planned['firewall_ids']).toBe(UNKNOWN);
  });

  test('stores what is made of the configured value', () => {
    const planning: Planning = { ...sdk, store: { note: () => 'hash' } };
    expect(plan(block, planning, null, config({ note: 'secret' })).planned['note']).toBe('hash');
  });
});

describe('a plan to update', () => {
  test('is none when null and zero values are all that differs, in the older SDK', () => {
    expect(plan(block, sdk, stored, config())).toEqual({ planned: stored, requiresReplace: [], warnings: [] });
  });

  test('keeps what the API decided', () => {
    expect(plan(block, sdk, stored, config({ name: 'b' })).planned).toEqual({ ...stored, name: 'b' });
  });

  test('clears what was configured and no longer is', () => {
    expect(plan(block, sdk, { ...stored, labels: { a: 'b' } }, config()).planned['labels']).toBeNull();
  });

  test('does not care for the order of a set', () => {
    const before = { ...stored, firewall_ids: [3, 4] };
    expect(plan(block, { ...sdk, replace: ['firewall_ids'] }, before, config({ firewall_ids: [4, 3] })).requiresReplace).toEqual([]);
  });

  test('replaces for a changed attribute that cannot change', () => {
    expect(plan(block, sdk, stored, config({ location: 'nbg1' })).requiresReplace).toEqual(['location']);
  });

  test('forgets what the newer library computes anew, only if anything changes', () => {
    expect(plan(block, framework, stored, config({ note: '', backups: false })).planned['location']).toBe('fsn1');
    expect(plan(block, framework, stored, config({ note: 'x', backups: false })).planned['location']).toBe(UNKNOWN);
  });

  test('leaves out an ignored change', () => {
    const planning: Planning = { ...sdk, ignoreChange: { firewall_ids: () => true } };
    expect(plan(block, planning, stored, config({ firewall_ids: [9] })).planned['firewall_ids']).toEqual([3]);
  });
});

describe('an element of a set of blocks', () => {
  const prior = { network_id: 1, ip: '10.0.1.5', alias_ips: [], mac_address: '86:00:00:00:00:01' };
  const planned = (before: State, given: State): unknown =>
    plan(block, sdk, { ...stored, network: [before] }, config({ network: [given] })).planned['network'];

  test('stays with all that the API filled in', () => {
    expect(planned(prior, attachment())).toEqual([prior]);
  });

  test('is a new one when its address changes', () => {
    expect(planned(prior, attachment({ ip: '10.0.1.6' }))).toEqual([
      { network_id: 1, ip: '10.0.1.6', alias_ips: UNKNOWN, mac_address: UNKNOWN },
    ]);
  });

  test('loses alias IPs that came from elsewhere, as with the real provider', () => {
    expect(planned({ ...prior, alias_ips: ['10.0.1.10'] }, attachment())).toEqual([
      { network_id: 1, ip: '10.0.1.5', alias_ips: UNKNOWN, mac_address: UNKNOWN },
    ]);
  });

  test('is never settled with neither address nor alias IPs, as with the real provider', () => {
    expect(planned(prior, attachment({ ip: null }))).not.toEqual([prior]);
    expect(planned(prior, attachment({ ip: null, alias_ips: [] }))).toEqual([prior]);
  });
});

describe('the state after an apply', () => {
  test('holds the answer, and null for what nobody told', () => {
    const planned = plan(block, sdk, null, config()).planned;
    expect(settle(block, sdk, planned, { id: '7', labels: {} })).toEqual({ ...nothing, id: '7', backups: false, labels: null });
  });

  test('has zero values in blocks of the older SDK', () => {
    const planned = plan(block, sdk, null, config({ network: [attachment({ ip: null })] })).planned;
    expect(settle(block, sdk, planned, {})['network']).toEqual([{ network_id: 1, ip: '', alias_ips: [], mac_address: '' }]);
  });

  test('that contradicts the plan is refused, naming both values', () => {
    const planned = config({ note: 'x' });
    const check = (note: string): void => assertAsPlanned('a_thing', block, planned, planned, { ...planned, note });
    expect(() => check('x')).not.toThrow();
    expect(() => check('y')).toThrow('a_thing: note was planned as "x", but the API answers "y".');
  });

  test('changes in a refresh to what the API answers', () => {
    expect(refreshed(block, sdk, stored, { location: 'hel1', note: null })).toEqual({ ...stored, location: 'hel1' });
  });
});

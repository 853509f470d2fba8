import { expect, test } from 'vitest';
import type { Deprecation, ServerType } from '../../../../lab/providers/hcloud/api-types';
import { serverTypeDeprecation } from '../../../../lab/providers/hcloud/server-type';

const NOW = new Date('2026-11-29T12:00:00Z');
const ENDED: Deprecation = { announced: '2025-10-16T00:00:00Z', unavailable_after: '2025-12-31T23:59:59Z' };
const ENDS: Deprecation = { announced: '2026-11-01T00:00:00Z', unavailable_after: '2027-03-01T00:00:00Z' };

const type = (locations: Readonly<Record<string, Deprecation | null>>, deprecation: Deprecation | null = null): ServerType => ({
  id: 22,
  name: 'cpx11',
  description: 'CPX11',
  category: '',
  cores: 2,
  memory: 2,
  disk: 40,
  storage_type: 'local',
  cpu_type: 'shared',
  architecture: 'x86',
  included_traffic: 0,
  deprecation,
  locations: Object.entries(locations).map(([name, each], index) => ({
    id: index + 1,
    name,
    deprecation: each,
    available: true,
    recommended: true,
  })),
});

test.each([
  ['nothing of a type that goes on', type({ fsn1: null }), 'fsn1', null],
  ['nothing where it goes on, wherever else it has ended', type({ fsn1: ENDED, ash: null }), 'ash', null],
  [
    'that it has ended there',
    type({ fsn1: ENDED, ash: null }),
    'fsn1',
    { text: 'Server Type "cpx11" is unavailable in "fsn1" and can no longer be ordered', unavailable: true },
  ],
  [
    'until when it can be ordered there',
    type({ fsn1: ENDS }),
    'fsn1',
    { text: 'Server Type "cpx11" is deprecated in "fsn1" and will no longer be available for order as of 2027-03-01', unavailable: false },
  ],
  ['nothing overall while one location has it', type({ fsn1: ENDED, ash: null }), '', null],
  [
    'that it has ended in all locations',
    type({ fsn1: ENDED, nbg1: ENDED }),
    '',
    { text: 'Server Type "cpx11" is unavailable in all locations (fsn1,nbg1) and can no longer be ordered', unavailable: true },
  ],
  [
    'that it has ended in some',
    type({ fsn1: ENDED, nbg1: ENDS }),
    '',
    {
      text: 'Server Type "cpx11" is deprecated in all locations (fsn1,nbg1) and can no longer be ordered some locations (fsn1)',
      unavailable: false,
    },
  ],
  [
    'that it will end',
    type({ fsn1: ENDS }),
    '',
    { text: 'Server Type "cpx11" is deprecated in all locations (fsn1) and will no longer be available for order', unavailable: false },
  ],
  [
    'the end of the type itself before all',
    type({ fsn1: null }, ENDED),
    'fsn1',
    { text: 'Server Type "cpx11" is unavailable in all locations and can no longer be ordered', unavailable: true },
  ],
])('says %s, in the words of the real provider', (_what, given, location, message) => {
  expect(serverTypeDeprecation(given, location, NOW)).toEqual(message);
});

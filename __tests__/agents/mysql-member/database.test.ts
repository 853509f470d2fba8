import { expect, test } from 'vitest';
import { toSample, type SampleRow } from '../../../agents/mysql-member/database';

const ROW: SampleRow = {
  serverUuid: 'u1',
  version: '9.7.4-2',
  superReadOnly: 1,
  readOnly: 1,
  groupName: 'g',
  executed: 'a:1-3,\nb:1',
  purged: '',
  received: null,
  viewId: '17953718829182:5',
  applierQueue: '7',
  changing: 0,
  members: JSON.stringify([
    { uuid: 'u1', host: '10.0.4.11', state: 'ONLINE', role: 'PRIMARY' },
    { uuid: 'u2', host: '10.0.4.12', state: 'UNREACHABLE', role: 'SECONDARY' },
  ]),
};
const nameOf = (address: string) => ({ '10.0.4.11': 'db-1', '10.0.4.12': 'db-2' })[address] ?? address;

test('names members by their addresses and splits the view', () => {
  expect(toSample(ROW, nameOf)).toMatchObject({
    state: 'ONLINE',
    role: 'PRIMARY',
    view: { epoch: '17953718829182', counter: 5 },
    members: [
      { name: 'db-1', state: 'ONLINE' },
      { name: 'db-2', state: 'UNREACHABLE' },
    ],
    executed: 'a:1-3,b:1',
    received: '',
    applierQueue: 7,
  });
});

test('outside of a group there is no view and no member', () => {
  const members = [{ uuid: 'u1', host: '10.0.4.11', state: 'OFFLINE', role: '' }];
  expect(toSample({ ...ROW, viewId: null, members }, nameOf)).toMatchObject({ state: 'OFFLINE', role: null, view: null, members: [] });
});

import { fields, listOf, nullOr, number, oneOf, text, truth, type Shape } from '../common/shape';
import { isGtidSet } from './gtid';
import { STATES, type Memory, type Report } from './report';

const gtidSet: Shape = (value) => typeof value === 'string' && isGtidSet(value);
const role = nullOr(oneOf('PRIMARY', 'SECONDARY'));

const memory = fields({
  incarnation: number,
  promised: number,
  candidate: nullOr(text),
  entering: (value) => value === 'bootstrap' || nullOr(fields({ epoch: text, incarnation: number }))(value),
  epoch: nullOr(text),
  lastMajority: nullOr(fields({ incarnation: number, counter: number, members: listOf(text) })),
  joined: listOf(text),
  fenced: truth,
  groupName: nullOr(text),
  lineage: nullOr(text),
  setAside: gtidSet,
  serverUuid: nullOr(text),
});

const sample = fields({
  serverUuid: text,
  version: text,
  groupName: text,
  state: oneOf(...STATES),
  role,
  superReadOnly: truth,
  readOnly: truth,
  view: nullOr(fields({ epoch: text, counter: number })),
  members: listOf(fields({ name: text, state: oneOf(...STATES), role })),
  executed: gtidSet,
  received: gtidSet,
  purged: gtidSet,
  changing: truth,
  applierQueue: number,
});

const report = fields({
  name: text,
  configured: listOf(text),
  memory,
  sample: nullOr(sample),
  busy: nullOr(text),
  disk: nullOr(fields({ freeBytes: number, sizeBytes: number })),
});

export function isReport(value: unknown): value is Report {
  return report(value);
}

export function isMemory(value: unknown): value is Memory {
  return memory(value);
}

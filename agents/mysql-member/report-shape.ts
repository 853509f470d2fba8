import { either, fields, listOf, nullOr, number, oneOf, text, truth, type Shape } from '../common/shape';
import { isGtidSet } from './gtid';
import { STATES, type Memory, type Report, type Sample, type ViewMember } from './report';

const gtidSet: Shape<string> = (value): value is string => typeof value === 'string' && isGtidSet(value);
const role = nullOr(oneOf('PRIMARY', 'SECONDARY'));
const state = oneOf(...STATES);

export const isMemory: Shape<Memory> = fields({
  incarnation: number,
  promised: number,
  candidate: nullOr(text),
  entering: nullOr(either(oneOf('bootstrap'), fields<{ epoch: string; incarnation: number }>({ epoch: text, incarnation: number }))),
  epoch: nullOr(text),
  lastMajority: nullOr(fields<NonNullable<Memory['lastMajority']>>({ incarnation: number, counter: number, members: listOf(text) })),
  joined: listOf(text),
  fenced: truth,
  groupName: nullOr(text),
  lineage: nullOr(text),
  setAside: gtidSet,
  serverUuid: nullOr(text),
});

const sample: Shape<Sample> = fields({
  serverUuid: text,
  version: text,
  groupName: text,
  state,
  role,
  superReadOnly: truth,
  readOnly: truth,
  view: nullOr(fields<NonNullable<Sample['view']>>({ epoch: text, counter: number })),
  members: listOf(fields<ViewMember>({ name: text, state, role })),
  executed: gtidSet,
  received: gtidSet,
  purged: gtidSet,
  changing: truth,
  applierQueue: number,
});

export const isReport: Shape<Report> = fields({
  name: text,
  configured: listOf(text),
  memory: isMemory,
  sample: nullOr(sample),
  busy: nullOr(text),
  disk: nullOr(fields<NonNullable<Report['disk']>>({ freeBytes: number, sizeBytes: number })),
});

import { fields, listOf, nullOr, number, oneOf, text, truth, type Shape } from '../common/shape';
import type { PeerReport } from './state';

const told = (shape: Shape) => nullOr(fields({ value: shape, ageMs: number }));
const aliases = told(listOf(text));

const report = fields({
  vrrp: oneOf('MASTER', 'BACKUP'),
  serving: truth,
  holder: told(nullOr(number)),
  aliases: fields({ self: aliases, peer: aliases }),
  reachesUs: truth,
  reachesApi: truth,
  sinceLastMoveMs: nullOr(number),
});

export function isPeerReport(value: unknown): value is PeerReport {
  return report(value);
}

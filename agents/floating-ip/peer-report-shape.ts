import { fields, listOf, nullOr, number, oneOf, optional, text, truth, type Shape } from '../common/shape';
import type { PeerReport, Told } from './state';

const told = <T>(shape: Shape<T>): Shape<Told<T>> => nullOr(fields<NonNullable<Told<T>>>({ value: shape, ageMs: number }));
const aliases = told(listOf(text));

export const isPeerReport: Shape<PeerReport> = fields({
  vrrp: oneOf('MASTER', 'BACKUP'),
  serving: truth,
  holder: told(nullOr(number)),
  aliases: fields<PeerReport['aliases']>({ self: aliases, peer: aliases }),
  reachesUs: truth,
  reachesApi: truth,
  sinceLastMoveMs: nullOr(number),
  moving: optional(truth),
});

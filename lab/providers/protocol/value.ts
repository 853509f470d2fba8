import type { TypeExpression } from './schema';

/** A value that Terraform will know only after apply. */
export class Unknown {
  readonly kind = 'unknown';
}
export const UNKNOWN = new Unknown();

export type Value = null | string | number | boolean | Unknown | readonly Value[] | ObjectValue;
export interface ObjectValue {
  readonly [name: string]: Value;
}
/** One resource's attributes and blocks by name, every one present. */
export type State = Record<string, Value>;

export function isUnknown(value: Value | undefined): value is Unknown {
  return value instanceof Unknown;
}

export function isObject(value: Value | undefined): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isUnknown(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** null, '', 0, false and empty collections: what providers built on the older SDK cannot tell apart. */
export function isZero(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

export function isWhollyKnown(value: Value): boolean {
  if (isUnknown(value)) return false;
  if (isList(value)) return value.every(isWhollyKnown);
  return isObject(value) ? Object.values(value).every(isWhollyKnown) : true;
}

/** Unknown values, at any depth, become null. */
export function withoutUnknown(value: Value): Value {
  if (isUnknown(value)) return null;
  if (isList(value)) return value.map(withoutUnknown);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withoutUnknown(part)]));
  return value;
}

/** Text that is the same for equal values of a type: sets have no order. */
export function canonical(value: Value | undefined, type: TypeExpression): string {
  if (value === undefined || value === null) return 'null';
  if (isUnknown(value)) return 'unknown';
  if (isList(value)) {
    const element = Array.isArray(type) && type[0] !== 'tuple' && type[0] !== 'object' ? type[1] : 'dynamic';
    const parts = value.map((part) => canonical(part, element));
    if (Array.isArray(type) && type[0] === 'set') parts.sort();
    return `[${parts.join()}]`;
  }
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name], memberType(type, name))}`).join()}}`;
  }
  return JSON.stringify(value);
}

export function equal(left: Value | undefined, right: Value | undefined, type: TypeExpression): boolean {
  return canonical(left, type) === canonical(right, type);
}

/** Equal, or both of them a zero value. */
export function sameOrBothZero(left: Value | undefined, right: Value | undefined, type: TypeExpression): boolean {
  if (isUnknown(left) || isUnknown(right)) return isUnknown(left) && isUnknown(right);
  return (isZero(left) && isZero(right)) || equal(withZeroesDropped(left), withZeroesDropped(right), type);
}

function withZeroesDropped(value: Value | undefined): Value {
  if (value === undefined) return null;
  if (isList(value)) return value.map(withZeroesDropped);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => !isZero(part))
      .map(([name, part]) => [name, withZeroesDropped(part)]),
  );
}

function memberType(type: TypeExpression, name: string): TypeExpression {
  if (!Array.isArray(type)) return 'dynamic';
  if (type[0] === 'map') return type[1];
  return type[0] === 'object' ? (type[1][name] ?? 'dynamic') : 'dynamic';
}

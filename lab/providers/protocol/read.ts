import { isList, isObject, type ObjectValue, type Value } from './value';

// Attributes as plain values: null, unknown and absent ones are '', 0, false or empty.

export function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}
export function number(value: Value | undefined): number {
  return typeof value === 'number' ? value : 0;
}
export function flag(value: Value | undefined): boolean {
  return value === true;
}
export function list(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}
export function objects(value: Value | undefined): readonly ObjectValue[] {
  return list(value).filter(isObject);
}
export function numbers(value: Value | undefined): readonly number[] {
  return list(value).filter((each) => typeof each === 'number');
}
export function texts(value: Value | undefined): readonly string[] {
  return list(value).filter((each) => typeof each === 'string');
}

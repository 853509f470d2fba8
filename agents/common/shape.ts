/**
 * Looks at what comes from another host or from a file before it is believed to have a type. The compiler compares each
 * shape with its type: a field that was renamed or forgotten does not compile.
 */
export type Shape<T> = (value: unknown) => value is T;

export const text: Shape<string> = (value) => typeof value === 'string';
export const truth: Shape<boolean> = (value) => typeof value === 'boolean';
export const number: Shape<number> = (value): value is number => Number.isFinite(value);
export const nullOr =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value): value is T | null =>
    value === null || shape(value);
export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value): value is T | undefined =>
    value === undefined || shape(value);
export const either =
  <T, U>(one: Shape<T>, other: Shape<U>): Shape<T | U> =>
  (value): value is T | U =>
    one(value) || other(value);
export const oneOf =
  <const T extends string>(...words: readonly T[]): Shape<T> =>
  (value): value is T =>
    words.includes(value as T);
export const listOf =
  <T>(shape: Shape<T>): Shape<readonly T[]> =>
  (value): value is readonly T[] =>
    Array.isArray(value) && value.every(shape);
/** An object with these fields. It may have others: a newer version has more. */
export const fields =
  <T extends object>(shapes: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> =>
  (value): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Shape<unknown>>(shapes).every(([name, shape]) => shape((value as Record<string, unknown>)[name]));

/** What comes from another host is looked at before it is believed to have a form: one that lies may end nobody else's agent. */
export type Shape = (value: unknown) => boolean;

export const text: Shape = (value) => typeof value === 'string';
export const truth: Shape = (value) => typeof value === 'boolean';
export const number: Shape = (value) => Number.isFinite(value);
export const nullOr =
  (shape: Shape): Shape =>
  (value) =>
    value === null || shape(value);
export const oneOf =
  (...words: readonly string[]): Shape =>
  (value) =>
    words.includes(value as string);
export const listOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);
/** Other fields may be there, too: a newer version has more. */
export const fields =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(shapes).every(([name, shape]) => shape((value as Record<string, unknown>)[name]));

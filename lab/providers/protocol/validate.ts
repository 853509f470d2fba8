import { failure, type Diagnostic } from './diagnostics';
import type { Validation } from './provider';
import { isList, isObject, isUnknown, type State, type Value } from './value';

export function validate(validation: Validation | undefined, config: State): readonly Diagnostic[] {
  if (validation === undefined) return [];
  return [
    ...Object.entries(validation.attributes ?? {}).flatMap(([path, check]) => checkAttribute(path.split('.'), config, check)),
    ...(validation.exactlyOneOf ?? []).flatMap((names) => checkExactlyOneOf(names, config)),
    ...(validation.check?.(config) ?? []),
  ];
}

type Check = NonNullable<Validation['attributes']>[string];

function checkAttribute(path: readonly string[], within: Value, check: Check): readonly Diagnostic[] {
  const [name, ...rest] = path;
  if (isList(within)) return within.flatMap((element) => checkAttribute(path, element, check));
  if (!isObject(within) || name === undefined) return [];
  const value = within[name];
  if (value === undefined || value === null || isUnknown(value)) return [];
  if (rest.length > 0) return checkAttribute(rest, value, check);
  const found = check(value, name);
  return found === null ? [] : [found];
}

function checkExactlyOneOf(names: readonly string[], config: State): readonly Diagnostic[] {
  if (names.some((name) => isUnknown(config[name]))) return [];
  const set = names.filter((name) => (config[name] ?? null) !== null);
  if (set.length === 1) return [];
  const list = `[${names.join(',')}]`;
  return set.length === 0
    ? [failure('Missing Attribute Configuration', `Exactly one of these attributes must be configured: ${list}`)]
    : [failure('Invalid Attribute Combination', `Exactly one of these attributes must be configured: ${list}`, set[0])];
}

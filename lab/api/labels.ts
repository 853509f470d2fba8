import { invalidInput } from './errors';

export type Labels = Readonly<Record<string, string>>;
export type Selector = (labels: Labels) => boolean;

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const isValue = (text: string): boolean => text === '' || NAME.test(text);

function isKey(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return NAME.test(text);
  return SUBDOMAIN.test(text.slice(0, slash)) && NAME.test(text.slice(slash + 1));
}

export function checkLabels(labels: Labels): void {
  for (const [key, value] of Object.entries(labels)) {
    if (!isKey(key)) throw invalidInput('labels', `key ${JSON.stringify(key)} is not a valid label key`);
    if (key.startsWith('hetzner.cloud/')) throw invalidInput('labels', `prefix of key ${JSON.stringify(key)} is reserved`);
    if (!isValue(value)) throw invalidInput('labels', `value ${JSON.stringify(value)} of ${key} is not a valid label value`);
  }
}

/** Commas inside the parentheses of `in (a,b)` do not separate terms. */
function splitTerms(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map((term) => term.trim());
}

function parseTerm(term: string, refuse: () => Error): Selector {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(term);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    if (!isKey(key) || !values.every(isValue)) throw refuse();
    const isIn: Selector = (labels) => labels[key] !== undefined && values.includes(labels[key]);
    return operator === 'in' ? isIn : (labels) => !isIn(labels);
  }
  const comparison = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(term);
  if (comparison) {
    const [, key = '', operator, value = ''] = comparison;
    if (!isKey(key) || !isValue(value)) throw refuse();
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const key = term.replace(/^!\s*/, '');
  if (!isKey(key)) throw refuse();
  return term.startsWith('!') ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined;
}

/** @throws invalid_input naming `field` when Hetzner's grammar does not cover the text */
export function parseSelector(text: string, field = 'label_selector'): Selector {
  const refuse = (): Error => invalidInput(field, `${JSON.stringify(text)} is not a valid label selector`);
  if (text.trim() === '') throw refuse();
  const terms = splitTerms(text).map((term) => parseTerm(term, refuse));
  return (labels) => terms.every((matches) => matches(labels));
}

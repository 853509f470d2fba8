import { invalidInput } from './errors';
import { parseSelector } from './labels';
import type { Labels } from './labels';
import { ok } from './requests';
import type { Call, Reply } from './requests';

const DEFAULT_PER_PAGE = 25;
const MAX_PER_PAGE = 50;

interface Listable {
  readonly id: number;
  readonly name?: string;
  readonly created?: string;
  readonly labels?: Labels;
}

export interface ListOptions<T> {
  readonly render: (item: T) => object;
  /** Exact filters by query parameter; several values of one parameter mean any of them. */
  readonly filters?: Readonly<Record<string, (item: T) => string | null>>;
  /** Fields to sort by, in addition to id, name and created. */
  readonly sortable?: Readonly<Record<string, (item: T) => string | number>>;
}

/** The query parameters that a list with these filters understands, in addition to page, per_page and sort. */
export const NAMED = ['name'] as const;
export const SELECTABLE = ['name', 'label_selector'] as const;

/** Filters, sorts and cuts out one page. `key` is the plural that the answer uses. */
export function list<T extends Listable>(call: Call, key: string, items: readonly T[], options: ListOptions<T>): Reply {
  const found = sort(call, filter(call, items, options), options);
  const { slice, pagination } = paginate(call, found);
  return ok({ [key]: slice.map(options.render), meta: { pagination } });
}

function filter<T extends Listable>(call: Call, items: readonly T[], options: ListOptions<T>): readonly T[] {
  const selector = call.query.get('label_selector');
  const matches = selector ? parseSelector(selector) : () => true;
  const byName = { name: (item: T) => item.name ?? null };
  const filters = Object.entries({ ...byName, ...options.filters })
    .map(([name, value]) => ({ wanted: call.query.getAll(name), value }))
    .filter(({ wanted }) => wanted.length > 0);
  return items.filter((item) => matches(item.labels ?? {}) && filters.every(({ wanted, value }) => wanted.includes(value(item) ?? '')));
}

function sort<T extends Listable>(call: Call, items: readonly T[], options: ListOptions<T>): readonly T[] {
  const fields: Record<string, (item: T) => string | number> = {
    id: (item) => item.id,
    name: (item) => item.name ?? '',
    created: (item) => item.created ?? '',
    ...options.sortable,
  };
  const orders = call.query.getAll('sort').map((text) => {
    const [field = '', direction = 'asc', ...rest] = text.split(':');
    const value = fields[field];
    if (!value || !['asc', 'desc'].includes(direction) || rest.length > 0) throw invalidInput('sort', `cannot sort by '${text}'`);
    return { value, sign: direction === 'asc' ? 1 : -1 };
  });
  return [...items].sort((one, other) => {
    for (const { value, sign } of orders) {
      if (value(one) !== value(other)) return value(one) < value(other) ? -sign : sign;
    }
    return 0;
  });
}

function paginate<T>(call: Call, items: readonly T[]): { slice: readonly T[]; pagination: object } {
  const page = positive(call, 'page', 1, Number.MAX_SAFE_INTEGER);
  const perPage = positive(call, 'per_page', DEFAULT_PER_PAGE, MAX_PER_PAGE);
  const lastPage = Math.max(1, Math.ceil(items.length / perPage));
  return {
    slice: items.slice((page - 1) * perPage, page * perPage),
    pagination: {
      page,
      per_page: perPage,
      previous_page: page > 1 ? page - 1 : null,
      next_page: page < lastPage ? page + 1 : null,
      last_page: lastPage,
      total_entries: items.length,
    },
  };
}

function positive(call: Call, name: string, fallback: number, most: number): number {
  const text = call.query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) throw invalidInput(name, `must be between 1 and ${most}`);
  return value;
}

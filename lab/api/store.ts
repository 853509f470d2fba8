import { notFound, notUnique } from './errors';
import { checkLabels } from './labels';
import type { Labels } from './labels';
import type { Resource } from './models';

/** All resources of one kind, in the order they were made. */
export class Store<T extends Resource> {
  private readonly byId = new Map<number, T>();

  /** @param kind as error texts say it, such as `floating ip` */
  constructor(readonly kind: string) {}

  /** @throws not_found */
  get(id: number): T {
    const found = this.byId.get(id);
    if (!found) throw notFound(this.kind, id);
    return found;
  }

  find(id: number | null): T | undefined {
    return id === null ? undefined : this.byId.get(id);
  }

  all(): readonly T[] {
    return [...this.byId.values()];
  }

  add(resource: T): T {
    this.byId.set(resource.id, resource);
    return resource;
  }

  remove(id: number): void {
    this.byId.delete(id);
  }

  /** @throws uniqueness_error when another one has the name */
  checkNameIsFree(name: string, exceptId?: number): void {
    if (this.all().some((each) => each.name === name && each.id !== exceptId)) throw notUnique(this.kind, 'name');
  }
}

/** The common part of most PUTs. Labels are replaced as a whole. */
export function rename<T extends Resource>(
  store: Store<T>,
  resource: T,
  changes: { name?: string | undefined; labels?: Labels | undefined },
): void {
  if (changes.labels) checkLabels(changes.labels);
  if (changes.name !== undefined) store.checkNameIsFree(changes.name, resource.id);
  resource.name = changes.name ?? resource.name;
  resource.labels = changes.labels ?? resource.labels;
}

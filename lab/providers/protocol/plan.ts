import { ProviderError, type Diagnostic } from './diagnostics';
import type { PlanDraft, Planning } from './provider';
import { attributeType, blockType, type AttributeSchema, type BlockSchema, type TypeExpression } from './schema';
import {
  canonical,
  equal,
  isList,
  isObject,
  isUnknown,
  isWhollyKnown,
  isZero,
  sameOrBothZero,
  UNKNOWN,
  withoutUnknown,
  type ObjectValue,
  type State,
  type Value,
} from './value';

export interface Plan {
  readonly planned: State;
  readonly requiresReplace: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/** What a create (no prior) or an update would bring about. */
export function plan(block: BlockSchema, planning: Planning, prior: State | null, config: State): Plan {
  const planned = planBlock(block, planning, '', prior, config);
  if (prior !== null) {
    keepIgnoredChanges(planning, prior, planned);
    if (!equal(planned, prior, blockType(block))) forgetRecomputed(block, planning, config, planned);
  }
  const draft: PlanDraft = { prior, config, planned, replace: new Set(), warnings: [] };
  planning.customize?.(draft);
  if (prior !== null) addReplacements(block, planning, draft);
  return { planned, requiresReplace: [...draft.replace], warnings: draft.warnings };
}

function planBlock(block: BlockSchema, planning: Planning, path: string, prior: ObjectValue | null, config: ObjectValue): State {
  const planned: State = {};
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    planned[name] = planAttribute(
      attribute,
      planning,
      path + name,
      prior === null ? undefined : (prior[name] ?? null),
      config[name] ?? null,
    );
  }
  for (const [name, child] of Object.entries(block.block_types ?? {})) {
    planned[name] = planChildren(child.block, planning, path + name, prior?.[name], config[name] ?? null);
  }
  return planned;
}

/** `prior` is undefined where there is nothing yet. */
function planAttribute(attribute: AttributeSchema, planning: Planning, path: string, prior: Value | undefined, configured: Value): Value {
  const type = attributeType(attribute);
  const fallback = planning.defaults?.[path];
  const store = planning.store?.[path];
  if (attribute.nested_type?.nesting_mode === 'single' && isObject(configured)) {
    return planBlock({ attributes: attribute.nested_type.attributes }, planning, `${path}.`, isObject(prior) ? prior : null, configured);
  }
  const wanted = configured === null ? fallback : store !== undefined && isWhollyKnown(configured) ? store(configured) : configured;
  if (wanted !== undefined && wanted !== null) {
    // One unknown element makes a whole list or set unknown for the older SDK.
    if (planning.style === 'sdk' && (type[0] === 'set' || type[0] === 'list') && !isWhollyKnown(wanted)) return UNKNOWN;
    // And a new object's empty collection counts as not configured, so that the API fills it.
    if (
      planning.style === 'sdk' &&
      prior === undefined &&
      !path.includes('.') &&
      attribute.computed === true &&
      typeof wanted === 'object' &&
      isZero(wanted)
    )
      return UNKNOWN;
    return planning.style === 'sdk' && prior !== undefined && sameOrBothZero(wanted, prior, type) ? prior : wanted;
  }
  if (attribute.computed === true) return prior ?? (prior === null ? null : UNKNOWN);
  if (planning.style === 'framework') return null;
  if (prior !== undefined && isZero(prior)) return prior;
  // In a block, the older SDK makes a collection that is not configured an empty one.
  return path.includes('.') ? emptyOf(type) : null;
}

function emptyOf(type: TypeExpression): Value {
  return Array.isArray(type) && type[0] !== 'object' && type[0] !== 'tuple' ? (type[0] === 'map' ? {} : []) : null;
}

function planChildren(block: BlockSchema, planning: Planning, path: string, prior: Value | undefined, configured: Value): Value {
  if (isObject(configured)) return planBlock(block, planning, `${path}.`, isObject(prior) ? prior : null, configured);
  if (!isList(configured)) return configured;
  if (configured.length === 0 && planning.computedBlocks?.includes(path)) return prior ?? configured;
  const unmatched = isList(prior) ? prior.filter(isObject) : [];
  return configured.map((element) => {
    if (!isObject(element)) return element;
    const wanted = planBlock(block, planning, `${path}.`, null, element);
    const index = unmatched.findIndex((candidate) => fits(block, planning, `${path}.`, stored(planning, path, element), candidate));
    return index === -1 ? wanted : (unmatched.splice(index, 1)[0] ?? wanted);
  });
}

function stored(planning: Planning, path: string, element: ObjectValue): ObjectValue {
  return Object.fromEntries(
    Object.entries(element).map(([name, value]) => [
      name,
      value === null || !isWhollyKnown(value) ? value : (planning.store?.[`${path}.${name}`]?.(value) ?? value),
    ]),
  );
}

/**
 * A prior element stays if all that is configured agrees with it and the rest is computed (Terraform's rule, which
 * holds for single values only), or if it is the same with zero values for what is not configured (the SDK's rule).
 */
function fits(block: BlockSchema, planning: Planning, path: string, configured: ObjectValue, candidate: ObjectValue): boolean {
  const attributes = Object.entries(block.attributes ?? {});
  const agrees = (name: string, attribute: AttributeSchema): boolean =>
    sameOrBothZero(configured[name] ?? planning.defaults?.[path + name] ?? null, candidate[name], attributeType(attribute));
  const isFree = (name: string, attribute: AttributeSchema): boolean =>
    attribute.computed === true && (configured[name] ?? null) === null && !Array.isArray(attributeType(attribute));
  return (
    attributes.every(
      ([name, attribute]) => isFree(name, attribute) || equal(configured[name], candidate[name], attributeType(attribute)),
    ) || attributes.every(([name, attribute]) => (attribute.optional !== true && attribute.required !== true) || agrees(name, attribute))
  );
}

function keepIgnoredChanges(planning: Planning, prior: State, planned: State): void {
  for (const [name, ignored] of Object.entries(planning.ignoreChange ?? {})) {
    const was = prior[name] ?? null;
    if (ignored(was, planned[name] ?? null, planned)) planned[name] = was;
  }
}

function forgetRecomputed(block: BlockSchema, planning: Planning, config: State, planned: State): void {
  for (const name of planning.recomputed ?? []) {
    if (block.attributes?.[name]?.computed === true && (config[name] ?? null) === null) planned[name] = UNKNOWN;
  }
}

function addReplacements(block: BlockSchema, planning: Planning, { prior, planned, replace }: PlanDraft): void {
  const type = blockType(block) as ['object', Record<string, TypeExpression>];
  const differs = (name: string): boolean => !equal(planned[name], prior?.[name], type[1][name] ?? 'dynamic');
  for (const name of planning.replace ?? []) if (differs(name)) replace.add(name);
  for (const [name, condition] of Object.entries(planning.replaceIf ?? {})) {
    if (differs(name) && condition(prior?.[name] ?? null)) replace.add(name);
  }
}

/**
 * The state after an apply. The older SDK prefers the planned form where null and empty mean the same, and takes a set
 * that was known in the plan from there.
 */
export function settle(block: BlockSchema, planning: Planning, planned: State, answered: State): State {
  const state: State = {};
  for (const [name, type] of Object.entries((blockType(block) as ['object', Record<string, TypeExpression>])[1])) {
    const plannedValue = planned[name] ?? null;
    const value = name in answered ? (answered[name] ?? null) : withoutUnknown(plannedValue);
    const child = block.block_types?.[name];
    const settled = planning.style === 'sdk' ? settleSdk(value, plannedValue, type) : value;
    state[name] = planning.style === 'sdk' && child?.nesting_mode === 'set' ? withZeroes(settled, blockType(child.block)) : settled;
  }
  return state;
}

function settleSdk(value: Value, planned: Value, type: TypeExpression): Value {
  if (!isWhollyKnown(planned)) return value;
  const collection = Array.isArray(type) && type[0] !== 'object' && type[0] !== 'tuple';
  if (collection && isZero(value) && isZero(planned)) return planned;
  if (collection && type[0] === 'set' && planned !== null) return planned;
  return type === 'string' && value === null && planned === '' ? planned : value;
}

/** The older SDK cannot leave anything out of an element of a set. */
function withZeroes(elements: Value, type: TypeExpression): Value {
  if (!isList(elements) || type[0] !== 'object') return elements;
  const attributes = type[1] as Readonly<Record<string, TypeExpression>>;
  const filled = (element: ObjectValue): ObjectValue =>
    Object.fromEntries(Object.entries(attributes).map(([name, each]) => [name, element[name] ?? zeroOf(each)]));
  return elements.map((element) => (isObject(element) ? filled(element) : element));
}

function zeroOf(type: TypeExpression): Value {
  if (Array.isArray(type)) return emptyOf(type);
  return type === 'string' ? '' : type === 'number' ? 0 : type === 'bool' ? false : null;
}

/** The state after a refresh. */
export function refreshed(block: BlockSchema, planning: Planning, prior: State, answered: State): State {
  const state: State = {};
  for (const name of Object.keys((blockType(block) as ['object', Record<string, TypeExpression>])[1])) {
    const was = prior[name] ?? null;
    const value = name in answered ? (answered[name] ?? null) : was;
    state[name] = planning.style === 'sdk' && value === null && was === '' ? was : value;
  }
  return state;
}

/**
 * What is configured must come out as planned. Terraform checks this itself, but not for resources of the older SDK:
 * there a wrong emulator or stand-in would go unnoticed.
 */
export function assertAsPlanned(name: string, block: BlockSchema, planned: State, config: State, state: State): void {
  for (const [attribute, schema] of Object.entries(block.attributes ?? {})) {
    const [want, got, type] = [planned[attribute], state[attribute], attributeType(schema)];
    if ((config[attribute] ?? null) === null || want === undefined || !isWhollyKnown(want)) continue;
    if (sameOrBothZero(want, got, type)) continue;
    throw new ProviderError({
      severity: 'ERROR',
      summary: 'Provider produced inconsistent result after apply',
      detail: `${name}: ${attribute} was planned as ${canonical(want, type)}, but the API answers ${canonical(got, type)}.`,
      attribute,
    });
  }
}

/** Of an answer only what the plan left open: libraries of the newer kind keep everything else as planned. */
export function fillUnknown(planned: Value, answered: Value | undefined): Value {
  if (isUnknown(planned)) return answered ?? null;
  if (!isObject(planned)) return planned;
  const from = isObject(answered) ? answered : {};
  return Object.fromEntries(Object.entries(planned).map(([name, value]) => [name, fillUnknown(value, from[name])]));
}

import { architectureOf, diskGigabytesOf } from '../../lib/hetzner/server-types';
import { TIERS, type Tier } from '../../lib/net/address-plan';
import { priceOf, type PriceList } from '../doctor/price';
import { readOrdered, type Ordered } from '../environment/stack';
import { refersTo, type Change, type Changes, type HeldBack } from './changes';
import { hostRules, publicRules } from './firewall';
import { named, partOf, type Part } from './hosts';
import { deletedInOrder, phasesOf, scheduled, type Phase, type Timed } from './schedule';
import { pathOnHost, touchedBy, touchedByValue, type Touch } from './services';
import type { Block, Blocks, Files, Synthesized } from './synthesized';
import { about, noticedOfAbsences, noticedOfServices, type Absence } from './visitors';

export interface Section {
  readonly title: string;
  /** None of what the title says: empty. */
  readonly lines: readonly string[];
  /** Something is lost, or the deploy is refused. */
  readonly isWarning?: boolean;
}

/** What a deploy would do to one environment. */
export interface Summary {
  readonly environment: string;
  /** With what the environment was compared, and how exact that is. */
  readonly compared: string;
  /** Without those that have nothing to say. */
  readonly sections: readonly Section[];
}

export interface Question {
  readonly compared: string;
  readonly changes: Changes;
  readonly heldBack: readonly HeldBack[];
  /** What main.ts says now. */
  readonly after: Synthesized;
  /** What a step has uploaded, where that is known. */
  readonly filesBefore: (step: string) => Files | undefined;
  readonly prices: PriceList;
  /** When the prices are from. */
  readonly pricesOf: string;
}

export function summarize({ compared, changes, heldBack, after, filesBefore, prices, pricesOf }: Question): Summary {
  const before = undone(changes, heldBack, after.blocks);
  const timed = scheduled(changes, after.blocks);
  const configured = configuredAnew(changes, after, filesBefore);
  const sections: Section[] = [
    { title: 'Data and address at risk', lines: atRisk(changes, before), isWarning: true },
    { title: 'Refused', lines: refused(changes, heldBack, after.environment.name), isWarning: true },
    { title: 'Servers, volumes and address', lines: ordered(changes) },
    { title: 'Configured anew', lines: configured.map(({ says }) => says) },
    { title: `In this order, ${about(Math.max(0, ...timed.map(({ end }) => end)))}`, lines: inOrder(phasesOf(timed)) },
    { title: 'What visitors notice', lines: noticed(timed, deletedInOrder(changes), before, configured) },
    { title: 'Firewalls', lines: [...publicRules(changes), ...configured.flatMap(({ rules }) => rules)] },
    { title: 'Also', lines: others(changes) },
    { title: `Price a month in EUR, net (${pricesOf})`, lines: price(readBlocks(before), readBlocks(after.blocks), prices) },
  ];
  const said = sections.filter(({ lines }) => lines.length > 0);
  return { environment: after.environment.name, compared, sections: changes.size + heldBack.length === 0 ? [] : said };
}

/** What there was before the changes. */
function undone(changes: Changes, held: readonly HeldBack[], after: Blocks): Blocks {
  const before = new Map(after);
  for (const { address, attribute, before: value } of held) before.set(address, { ...before.get(address), [attribute]: value });
  for (const [address, change] of changes) {
    if (change.action === 'create') before.delete(address);
    else before.set(address, change.before);
  }
  return before;
}

function readBlocks(blocks: Blocks): Ordered {
  const byType: Record<string, Record<string, Block>> = {};
  for (const [address, block] of blocks) {
    const [type = '', id = ''] = address.split('.');
    (byType[type] ??= {})[id] = block;
  }
  return readOrdered(byType);
}

const is = (change: Change, kind: Part['kind']) => partOf(change.address)?.kind === kind;
/** As Map.groupBy, which Node 20 has not. */
function groupBy<T>(all: readonly T[], keyOf: (each: T) => string): Map<string, T[]> {
  return all.reduce((groups, each) => groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]), new Map<string, T[]>());
}

const isLost = ({ action }: Change) => action === 'delete' || action === 'replace';

function atRisk(changes: Changes, before: Blocks): string[] {
  const all = [...changes.values()];
  const volumes = all.filter((change) => is(change, 'volume') && isLost(change));
  const total = [...before.keys()].filter((address) => partOf(address)?.kind === 'volume').length;
  const lines = volumes.map(
    ({ address, before: { size, name } }) =>
      `${partOf(address)?.host ?? ''}: the volume ${String(name)} of ${String(size)} GB is destroyed, and its data with it`,
  );
  const last = volumes.length > 0 && volumes.length === total ? [`no volume of the database is left: ALL DATA is lost`] : [];
  const address = all
    .filter((change) => change.type === 'hcloud_floating_ip' && isLost(change))
    .map(
      ({ before: { name } }) => `the floating IP ${String(name)} is given back: visitors reach nothing until their DNS names the next one`,
    );
  return [...last, ...lines, ...address];
}

function refused(changes: Changes, held: readonly HeldBack[], environment: string): string[] {
  const isResized = ({ attribute }: HeldBack) => attribute === 'server_type';
  return [
    ...kept(held.filter((each) => !isResized(each))),
    ...notLeft(changes),
    ...tooSmall(changes),
    ...resized(held.filter(isResized), environment),
  ];
}

function kept(held: readonly HeldBack[]): string[] {
  const said = held.map(({ address, attribute, before, after }) => ({
    host: partOf(address)?.host ?? (address.startsWith('hcloud_floating_ip.') ? 'floating IP' : 'network'),
    says: `would be destroyed with what it holds, because ${attribute} ${String(before)} becomes ${String(after)}; the plan says how to get there without loss`,
  }));
  return grouped(said);
}

/** Members that would be deleted, and have not left their group by an earlier deploy. */
function notLeft(changes: Changes): string[] {
  const hosts = [...changes.values()]
    .filter((change) => is(change, 'server') && change.action === 'delete' && partOf(change.address)?.tier === 'mysql')
    .filter(({ before }) => (before['labels'] as Block | undefined)?.['leaving'] !== 'yes');
  return grouped(
    hosts.map((change) => ({ host: hostOf(change), says: 'would be deleted before it has left the group; the plan says how it leaves' })),
  );
}

const isSmaller = ({ before, after }: Change) => Number(after['size']) < Number(before['size']);

/** Hetzner refuses it in the middle of the deploy: the plan does not know. */
function tooSmall(changes: Changes): string[] {
  const volumes = [...changes.values()].filter((change) => is(change, 'volume') && change.action === 'update' && isSmaller(change));
  return grouped(
    volumes.map((change) => ({
      host: hostOf(change),
      says: `a volume never gets smaller; set mysql.volumeGb to ${String(change.before['size'])} or more`,
    })),
  );
}

/** Servers of another type. How large the disk of one is, the configuration does not say: it may be that of a smaller type. */
function resized(held: readonly HeldBack[], environment: string): string[] {
  const said = held.map(({ address, before, after }) => {
    const [from, to] = [String(before), String(after)];
    const way = `${from} becomes ${to} by \`npx platform resize -e ${environment}\`, one server after another; a deploy is refused until then`;
    return { host: partOf(address)?.host ?? '', says: obstacle(from, to) ?? way };
  });
  return grouped(said);
}

function obstacle(from: string, to: string): string | undefined {
  const [is, wanted] = [architectureOf(from), architectureOf(to)];
  if (is && wanted && is !== wanted) return `${to} is of another architecture than ${from}: refused, and the plan says how to get there`;
  const isSmaller = (diskGigabytesOf(to) ?? 0) < (diskGigabytesOf(from) ?? 0) && diskGigabytesOf(to) !== undefined;
  return isSmaller
    ? `${to} has a smaller disk than ${from}: refused if the server's disk has grown with its type, else \`npx platform resize\` does it`
    : undefined;
}

const hostOf = ({ address }: Change) => partOf(address)?.host ?? '';

/** Hosts of whom the same is said, in one line. */
function grouped(said: readonly { readonly host: string; readonly says: string }[]): string[] {
  const texts = [...new Set(said.map(({ says }) => says))];
  return texts.map((text) => `${named(said.filter(({ says }) => says === text).map(({ host }) => host))}: ${text}`);
}

function ordered(changes: Changes): string[] {
  const all = [...changes.values()];
  const of = (kind: 'server' | 'volume') =>
    grouped(all.filter((change) => is(change, kind)).map((change) => ({ host: hostOf(change), says: WORDS[kind](change) })));
  const address = all
    .filter(({ type }) => type === 'hcloud_floating_ip')
    .map((change) => `floating IP: ${changed(change, 'home_location')}`);
  return [...of('server'), ...of('volume'), ...address];
}

const WORDS: Readonly<Record<'server' | 'volume', (change: Change) => string>> = {
  server: (change) => changed(change, 'server_type', 'location'),
  volume: (change) => {
    const { before, after } = change;
    if (change.action === 'update' && change.attributes.includes('size'))
      return `data volume ${isSmaller(change) ? 'is to shrink' : 'and its file system grow'} from ${String(before['size'])} to ${String(after['size'])} GB`;
    return `data volume ${changed(change, 'size', 'location')}`;
  },
};

/** `made: cx23 fsn1`, `replaced: location fsn1 becomes nbg1`. */
function changed({ action, attributes, before, after }: Change, ...telling: readonly string[]): string {
  const shown = (block: Block) => telling.map((name) => String(block[name])).join(', ');
  switch (action) {
    case 'create':
      return `made (${shown(after)})`;
    case 'delete':
      return `deleted (${shown(before)})`;
    case 'replace':
    case 'update': {
      // Names would make a line for each
      const plain = attributes.filter(
        (name) => name !== 'name' && [before[name], after[name]].every((value) => typeof value !== 'object' && isKnown(value)),
      );
      const words = plain.map((name) => `${name} ${String(before[name])} becomes ${String(after[name])}`);
      const rest = attributes.filter((name) => !plain.includes(name));
      return `${action === 'replace' ? 'deleted and made anew' : 'changed'}: ${[...words, ...rest].join(', ')}`;
    }
  }
}

/** Of hosts that stay: what a step brings to them. */
interface Configured {
  readonly tier: Tier;
  readonly says: string;
  readonly touches: readonly Touch[];
  readonly rules: readonly string[];
}

function configuredAnew(changes: Changes, after: Synthesized, filesBefore: Question['filesBefore']): Configured[] {
  const anew = [...changes.values()].filter(({ action }) => action === 'replace' || action === 'create').map(({ address }) => address);
  const isNewServer = ({ tier, host }: Part) =>
    anew.some((address) => {
      const part = partOf(address);
      return part?.kind === 'server' && part.tier === tier && part.host === host;
    });
  const found = [...changes.values()].flatMap((change) => {
    const part = partOf(change.address);
    if (!part || change.type !== 'terraform_data' || change.action !== 'replace' || part.kind === 'let-go' || isNewServer(part)) return [];
    const old = filesBefore(change.address);
    const now = after.files(change.address);
    return [{ part, ...stepOf(part, namesOf(change, anew), old, now) }];
  });
  const keys = [...new Set(found.map(({ part, says }) => `${part.tier} ${says}`))];
  return keys.map((key) => {
    const same = found.filter(({ part, says }) => `${part.tier} ${says}` === key);
    const { part, says, touches, rules } = same[0]!;
    const hosts = named(same.map((each) => each.part.host));
    return { tier: part.tier, says: `${hosts}: ${says}`, touches, rules: rules.map((rule) => `${hosts}: ${rule}`) };
  });
}

type Told = Pick<Configured, 'says' | 'touches' | 'rules'>;

function stepOf(part: Part, values: readonly string[], old: Files | undefined, now: Files | undefined): Told {
  const paths = values.includes('content') ? differing(old, now) : [];
  const others = values.filter((name) => name !== 'content');
  const isConfigure = part.kind === 'configure';
  const touches = isConfigure
    ? unique([
        ...(paths ?? []).flatMap((path) => touchedBy(part.tier, path) ?? []),
        ...others.flatMap((name) => touchedByValue(part.tier, name)),
      ])
    : [];
  const what = [
    ...(paths === undefined ? ['files'] : shortened(paths)),
    ...(others.length > 0 ? [`values of ${others.join(', ')}`] : []),
  ].join(', ');
  const verbs = touches.map(({ verb, unit }) => `${verb} of ${unit}`).join(', ');
  const step = { install: 'set up again', configure: 'configured', run: 'a last command', identify: 'new host key' }[
    part.kind as 'install'
  ];
  return {
    says: `${step} (${what})${verbs === '' ? '' : `: ${verbs}`}`,
    touches,
    rules: isConfigure && old && now ? hostRules(old, now) : [],
  };
}

/** Undefined: which files a step had is not known. */
function differing(old: Files | undefined, now: Files | undefined): string[] | undefined {
  if (!old || !now) return undefined;
  return [...new Set([...old.keys(), ...now.keys()])].filter((path) => old.get(path) !== now.get(path)).sort();
}

const MOST_FILES = 4;

/** By their path on the host; many of one folder together. */
function shortened(paths: readonly string[]): string[] {
  const shown = paths.map((path) => pathOnHost(path) ?? path);
  if (shown.length <= MOST_FILES) return shown;
  const folders = groupBy(shown, (path) =>
    path
      .split('/')
      .slice(0, path.startsWith('/') ? 4 : 1)
      .join('/'),
  );
  return [...folders].map(([folder, inside]) => (inside.length === 1 ? inside[0]! : `${inside.length} files of ${folder}`));
}

/** Of the triggers of a step, and of the facts among them, those that differ or come from something that is made anew. */
function namesOf({ before, after }: Change, anew: readonly string[]): string[] {
  const [old, now] = [triggersOf(before), triggersOf(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) =>
      anew.some((address) => refersTo(now[name], address)) ||
      (isKnown(now[name]) && JSON.stringify(old[name]) !== JSON.stringify(now[name])),
  );
}

function triggersOf({ triggers_replace: triggers }: Block): Block {
  if (typeof triggers !== 'object' || triggers === null) return {};
  const { facts, ...rest } = triggers as Block;
  return { ...rest, ...(typeof facts === 'object' ? (facts as Block) : {}) };
}

const isKnown = (value: unknown) => !JSON.stringify(value ?? null).includes('${');

const unique = (touches: readonly Touch[]): Touch[] => [
  ...new Map(touches.map((touch) => [`${touch.verb} ${touch.unit}`, touch])).values(),
];

const PHASES: Readonly<Record<string, string>> = {
  'server create': 'made',
  'server replace': 'deleted and made anew',
  'server update': 'changed at Hetzner',
  'server delete': 'deleted',
  'volume create': 'data volume made',
  'volume replace': 'data volume deleted and made anew',
  'volume update': 'data volume changed',
  'volume delete': 'data volume deleted',
  'install create': 'packages and base',
  'configure create': 'configured',
  'let-go create': 'waits until nothing is under way to servers that leave, 60 s at most',
  'run create': 'a last command',
};

/** One line for each thing that is done to a tier: `web-1, then web-2: configured`. */
function inOrder(phases: readonly Phase[]): string[] {
  const isAnyDeleted = phases.some(({ part, action }) => part.kind === 'server' && action === 'delete');
  const told = phases.filter(
    ({ part, action }) => PHASES[`${part.kind} ${action}`] !== undefined && (part.kind !== 'let-go' || isAnyDeleted),
  );
  return [...groupBy(told, ({ part, action }) => `${part.tier} ${part.kind} ${action}`).values()].map((same) => {
    const { part, action } = same[0]!;
    return `${same.map(({ hosts }) => named(hosts)).join(', then ')}: ${PHASES[`${part.kind} ${action}`] ?? ''}`;
  });
}

const DISRUPTIVE = ['placement_group_id', 'network', 'public_net'];

function noticed(timed: readonly Timed[], inOrder: ReadonlySet<string>, before: Blocks, configured: readonly Configured[]): string[] {
  const hosts = Object.fromEntries(TIERS.map((tier) => [tier, hostsOf(before, tier)])) as Record<Tier, string[]>;
  const end = Math.max(0, ...timed.map((each) => each.end));
  const ends = new Map(timed.map(({ change, end: at }) => [stepKey(change), at]));
  const absences = timed.flatMap(({ change, start, end: at }): Absence[] => {
    const part = partOf(change.address);
    if (part?.kind !== 'server' || !hosts[part.tier].includes(part.host)) return [];
    const { tier, host } = part;
    if (inOrder.has(change.address)) return [];
    if (change.action === 'delete') return [{ tier, host, start, end }];
    if (change.action === 'replace') return [{ tier, host, start, end: ends.get(`${tier} ${host} configure`) ?? end }];
    return change.attributes.some((name) => DISRUPTIVE.includes(name)) ? [{ tier, host, start, end: at }] : [];
  });
  if (before.size === 0) return [];
  const lines = [...noticedOfAbsences(absences, hosts), ...noticedOfServices(configured.flatMap(({ touches }) => touches))];
  return lines.length > 0 ? lines : ['nothing'];
}

function stepKey({ address }: Change): string {
  const part = partOf(address);
  return part ? `${part.tier} ${part.host} ${part.kind}` : address;
}

const hostsOf = (blocks: Blocks, tier: Tier) =>
  [...blocks.keys()].flatMap((address) => {
    const part = partOf(address);
    return part?.kind === 'server' && part.tier === tier ? [part.host] : [];
  });

/** What the other sections do not tell, by type. */
function others(changes: Changes): string[] {
  const rest = [...changes.values()].filter(({ address, type }) => !partOf(address) && !/^hcloud_(floating_ip|firewall)$/.test(type));
  const counted = groupBy(rest, ({ type, action }) => `${type.replace(/^[a-z]+_/, '').replaceAll('_', ' ')} ${DONE[action]}`);
  return [...counted].map(([what, all]) => `${all.length} x ${what}`);
}

const DONE: Readonly<Record<Change['action'], string>> = { create: 'made', update: 'changed', replace: 'made anew', delete: 'deleted' };

function price(before: Ordered, after: Ordered, prices: PriceList): string[] {
  const [old, now] = [priceOf(before, prices), priceOf(after, prices)];
  if (!old || !now) return ['not known: there is no price for a part of it'];
  const difference = now.net - old.net;
  const sign = difference < 0 ? '-' : '+';
  return [
    Math.abs(difference) < 0.005
      ? `${now.net.toFixed(2)}, as before`
      : `${old.net.toFixed(2)} before, ${now.net.toFixed(2)} after: ${sign}${Math.abs(difference).toFixed(2)}`,
  ];
}

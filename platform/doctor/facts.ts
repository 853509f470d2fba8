import type { Environment, ResourceType } from '../environment/stack';
import type { State } from '../environment/state';
import type { RateLimit } from '../hetzner/api';
import type { HetznerProject, Item, Items } from '../hetzner/project';

/** What was asked for, or why there is no answer. */
export type Asked<T> = { readonly answer: T } | { readonly failure: string };

export interface TokenFacts {
  /** Hetzner's own words; undefined: it takes the token. */
  readonly refusal?: string | undefined;
  /** null: could not be told. */
  readonly mayWrite: boolean | null;
}

export interface CaaRecord {
  readonly critical: number;
  readonly issue?: string | undefined;
  readonly [property: string]: unknown;
}

export interface NameFacts {
  readonly a: Asked<readonly string[]>;
  readonly aaaa: Asked<readonly string[]>;
  /** The records in force: those of the name, or of the nearest name above it that has any. */
  readonly caa: Asked<{ readonly at: string; readonly records: readonly CaaRecord[] } | null>;
}

export interface ShownCertificate {
  readonly issuer: string;
  readonly endsAt: Date;
  /** Whether it is for the domain. */
  readonly isForName: boolean;
  /** By a client that trusts the CAs of this machine. */
  readonly trusted: boolean;
}

export interface CloudflareFacts {
  /** Zones of the name that the token can see. */
  readonly zones: readonly { readonly permissions: readonly string[] }[];
  /** SSL/TLS mode of the zone; undefined: there is no such zone. */
  readonly encryption?: string | undefined;
}

/** Everything that the checks judge. They ask nothing themselves. */
export interface Facts {
  readonly now: Date;
  readonly environment: Environment;
  /** Values of TF_VAR_*, by the variable's name. */
  readonly given: Readonly<Record<string, string | undefined>>;
  readonly programs: {
    readonly node: string;
    /** null: not on the PATH. */
    readonly terraform: string | null;
    readonly cdktfCli: string | null;
    readonly cdktf: string;
  };
  readonly state: Asked<State>;
  /** null: not given. */
  readonly tokens: Readonly<Record<TokenName, Asked<TokenFacts> | null>>;
  /** With the token of a deploy. */
  readonly project: Asked<HetznerProject>;
  /** What the load balancers' token sees. */
  readonly seenByFailover: Asked<Items>;
  readonly rateLimit: RateLimit | null;
  readonly names: Readonly<Record<string, NameFacts>>;
  /** What visitors are shown; null: there is nothing to ask yet. */
  readonly certificate: Asked<ShownCertificate> | null;
  /** null: the environment does not use it. */
  readonly cloudflare: Asked<CloudflareFacts> | null;
}

export const TOKENS = ['hcloud_token', 'failover_token'] as const;
export type TokenName = (typeof TOKENS)[number];

/** The thing of the project that Terraform has made for this address; undefined: a deploy would make it. */
export function existing(address: string, type: ResourceType, items: Items, state: State): Item | undefined {
  const id = state.get(address)?.id;
  return items[type].find((item) => String(item.id) === id);
}

/** State and project, or null if one of them could not be read, which checks of their own report. */
export function known({
  state,
  project,
}: Pick<Facts, 'state' | 'project'>): { readonly state: State; readonly project: HetznerProject } | null {
  return 'answer' in state && 'answer' in project ? { state: state.answer, project: project.answer } : null;
}

import type { Diagnostic } from './diagnostics';
import type { ProviderSchema } from './schema';
import type { State, Value } from './value';

/**
 * Which of Terraform's two provider libraries the real resource is written with. They plan differently: with the older
 * one (sdk) null and zero values are the same, and a plan need not be kept to the letter.
 */
export type Style = 'sdk' | 'framework';

export interface Planning {
  readonly style: Style;
  /** Attributes and blocks whose change replaces the resource. */
  readonly replace?: readonly string[];
  /** Attributes whose change replaces only if the predicate holds for the prior value. */
  readonly replaceIf?: Readonly<Record<string, (prior: Value) => boolean>>;
  /** Values of what is not configured. Inside a block: `block.attribute`. */
  readonly defaults?: Readonly<Record<string, Value>>;
  /** Computed attributes that any update makes unknown again; all others keep their value. framework only. */
  readonly recomputed?: readonly string[];
  /** Blocks that the API fills when they are not configured. */
  readonly computedBlocks?: readonly string[];
  /** What is stored in place of the configured value. Inside a block: `block.attribute`. */
  readonly store?: Readonly<Record<string, (configured: Value) => Value>>;
  /** True: this change is none. */
  readonly ignoreChange?: Readonly<Record<string, (prior: Value, planned: Value, plan: State) => boolean>>;
  /** A failed update leaves the planned values in the state, not the prior ones. sdk only. */
  readonly keepsPlanOnFailure?: boolean;
  /** Said when the resource is planned to be destroyed. */
  readonly destroyWarning?: Diagnostic;
  /** Last word on a plan; may change `planned` and add to `replace`, throws ProviderError to refuse. */
  readonly customize?: (plan: PlanDraft) => void;
}

export interface PlanDraft {
  readonly prior: State | null;
  readonly config: State;
  readonly planned: State;
  readonly replace: Set<string>;
  readonly warnings: Diagnostic[];
}

export interface Validation {
  /** By attribute; inside a block `block.attribute`. Not called for null and unknown. Returns what is wrong. */
  readonly attributes?: Readonly<Record<string, (value: Value, name: string) => Diagnostic | null>>;
  /** Of each group exactly one attribute must be set. */
  readonly exactlyOneOf?: readonly (readonly string[])[];
  readonly check?: (config: State) => readonly Diagnostic[];
}

export interface Call<Client> {
  readonly client: Client;
  /** Aborted when Terraform is interrupted. */
  readonly signal: AbortSignal;
  readonly warn: (warning: Diagnostic) => void;
}

export interface CreateCall<Client> extends Call<Client> {
  readonly planned: State;
  readonly config: State;
  /** The object exists from here on: if the rest fails, Terraform keeps it, tainted. */
  readonly created: (attributes: Partial<State>) => void;
}

export interface UpdateCall<Client> extends Call<Client> {
  readonly prior: State;
  readonly planned: State;
  readonly config: State;
  readonly changed: (attribute: string) => boolean;
}

export interface StateCall<Client> extends Call<Client> {
  readonly state: State;
}

/** Results hold only the attributes that the API answers; the rest stays as planned, or as it was. */
export interface Resource<Client> {
  readonly planning: Planning;
  readonly validation?: Validation;
  create(call: CreateCall<Client>): Promise<State>;
  /** null: it is gone. */
  read(call: StateCall<Client>): Promise<State | null>;
  update?(call: UpdateCall<Client>): Promise<State | null>;
  delete?(call: StateCall<Client>): Promise<void>;
  /** Attributes to begin an import with. @default `id` as given */
  importState?(id: string, call: Call<Client>): State | Promise<State>;
  /** From a state of an older schema version. */
  upgrade?(state: State, version: number): State;
}

export interface DataSource<Client> {
  readonly style?: Style;
  readonly validation?: Validation;
  read(call: Call<Client> & { readonly config: State }): Promise<State>;
}

export interface Provider<Client> {
  /** registry.terraform.io/NAMESPACE/NAME */
  readonly address: string;
  readonly schema: ProviderSchema;
  readonly resources: Readonly<Record<string, Resource<Client>>>;
  readonly dataSources: Readonly<Record<string, DataSource<Client>>>;
  readonly validation?: Validation;
  configure(config: State, terraformVersion: string): Client;
  /** The real provider's words for an error of its API client. */
  describeError(error: unknown, style: Style): readonly Diagnostic[];
}

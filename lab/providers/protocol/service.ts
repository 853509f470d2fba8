import { attributePath, diagnosticMessage, failure, ProviderError, type Diagnostic } from './diagnostics';
import { decodeDynamicValue, decodeJson, encodeDynamicValue, type DynamicValue } from './dynamic-value';
import { assertAsPlanned, plan, refreshed, settle } from './plan';
import type { Provider, Resource, Style } from './provider';
import { attributeType, blockType, schemaMessage, type Schema } from './schema';
import { equal, withoutUnknown, type State, type Value } from './value';
import { validate } from './validate';

/** Request messages as proto-loader hands them over: every field present. */
export interface Request {
  readonly type_name: string;
  readonly id: string;
  readonly terraform_version: string;
  readonly version: number;
  readonly raw_state: { readonly json: Uint8Array } | null;
  readonly config: DynamicValue | null;
  readonly current_state: DynamicValue | null;
  readonly prior_state: DynamicValue | null;
  readonly proposed_new_state: DynamicValue | null;
  readonly planned_state: DynamicValue | null;
  readonly private: Uint8Array;
  readonly prior_private: Uint8Array;
  readonly planned_private: Uint8Array;
}
type Handler = (request: Request) => Promise<object>;

/** Answers the calls of the plugin protocol for one provider. */
export class Service<Client> {
  readonly handlers: Readonly<Record<string, Handler>>;
  private client: Client | undefined;
  private stop = new AbortController();

  constructor(private readonly provider: Provider<Client>) {
    this.handlers = {
      GetProviderSchema: () => this.getProviderSchema(),
      ValidateProviderConfig: (request) => this.validateProvider(request),
      ConfigureProvider: (request) => this.configure(request),
      ValidateResourceConfig: (request) => this.validateResource(request),
      ValidateDataResourceConfig: (request) => this.validateDataSource(request),
      UpgradeResourceState: (request) => this.upgrade(request),
      ReadResource: (request) => this.read(request),
      PlanResourceChange: (request) => this.plan(request),
      ApplyResourceChange: (request) => this.apply(request),
      ImportResourceState: (request) => this.importState(request),
      ReadDataSource: (request) => this.readDataSource(request),
      StopProvider: () => this.stopProvider(),
    };
  }

  private async getProviderSchema(): Promise<object> {
    const { schema } = this.provider;
    const messages = (schemas: Readonly<Record<string, Schema>>): object =>
      Object.fromEntries(Object.entries(schemas).map(([name, each]) => [name, schemaMessage(each)]));
    return {
      provider: schemaMessage(schema.provider),
      resource_schemas: messages(schema.resource_schemas),
      data_source_schemas: messages(schema.data_source_schemas),
      server_capabilities: { plan_destroy: true, get_provider_schema_optional: true },
    };
  }

  private async validateProvider(request: Request): Promise<object> {
    return this.guarded('framework', {}, async () => ({
      diagnostics: messages(validate(this.provider.validation, this.decode(request.config, this.provider.schema.provider))),
    }));
  }

  private async configure(request: Request): Promise<object> {
    this.stop = new AbortController();
    return this.guarded('framework', {}, async () => {
      this.client = this.provider.configure(this.decode(request.config, this.provider.schema.provider), request.terraform_version);
      return {};
    });
  }

  private async validateResource(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    return { diagnostics: messages(validate(resource.validation, this.decode(request.config, schema))) };
  }

  private async validateDataSource(request: Request): Promise<object> {
    const { source, schema } = this.dataSource(request.type_name);
    return { diagnostics: messages(validate(source.validation, this.decode(request.config, schema))) };
  }

  private async upgrade(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    return this.guarded(resource.planning.style, {}, async () => {
      const state = decodeJson(request.raw_state?.json ?? Buffer.from('null'), blockType(schema.block)) as State;
      const upgraded =
        request.version < schema.version && resource.upgrade !== undefined ? resource.upgrade(state, request.version) : state;
      return { upgraded_state: encode(upgraded, schema) };
    });
  }

  private async read(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    const { style } = resource.planning;
    const found: Diagnostic[] = [];
    const kept = { new_state: request.current_state, private: request.private };
    return this.guarded(style, kept, async () => {
      const state = this.decode(request.current_state, schema);
      const answered = await resource.read({ ...this.call(found), state });
      const next = answered === null ? null : refreshed(schema.block, resource.planning, state, answered);
      return { new_state: encode(next, schema), private: request.private, diagnostics: messages(found) };
    });
  }

  private async plan(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    const { style } = resource.planning;
    const legacy = { legacy_type_system: style === 'sdk', planned_private: request.prior_private };
    return this.guarded(style, legacy, async () => {
      if (decodeDynamicValue(request.proposed_new_state, blockType(schema.block)) === null) {
        const { destroyWarning } = resource.planning;
        return {
          ...legacy,
          planned_state: request.proposed_new_state,
          diagnostics: messages(destroyWarning === undefined ? [] : [destroyWarning]),
        };
      }
      const prior = decodeDynamicValue(request.prior_state, blockType(schema.block)) as State | null;
      const result = plan(schema.block, resource.planning, prior, this.decode(request.config, schema));
      return {
        ...legacy,
        planned_state: encode(result.planned, schema),
        requires_replace: result.requiresReplace.map(attributePath),
        diagnostics: messages(result.warnings),
      };
    });
  }

  private async apply(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    const { style } = resource.planning;
    const type = blockType(schema.block);
    const prior = decodeDynamicValue(request.prior_state, type) as State | null;
    const planned = decodeDynamicValue(request.planned_state, type) as State | null;
    const legacy = { legacy_type_system: style === 'sdk', private: request.planned_private };
    const found: Diagnostic[] = [];
    // What Terraform is to keep if the operation fails from here on.
    const kept = { ...legacy, new_state: request.prior_state };
    return this.guarded(
      style,
      kept,
      async () => {
        if (planned === null) {
          if (prior !== null) await resource.delete?.({ ...this.call(found), state: prior });
          return { ...legacy, new_state: request.planned_state, diagnostics: messages(found) };
        }
        const config = this.decode(request.config, schema);
        const created = (attributes: Partial<State>): void => {
          kept.new_state = encode(withoutUnknown({ ...planned, ...attributes } as State), schema);
        };
        if (prior !== null && resource.planning.keepsPlanOnFailure === true) created({});
        const answered =
          prior === null
            ? await resource.create({ ...this.call(found), planned, config, created })
            : await this.update(resource, schema, prior, planned, config, found);
        const state = answered === null ? null : settle(schema.block, resource.planning, planned, answered);
        if (state !== null) {
          kept.new_state = encode(state, schema);
          if (style === 'sdk') assertAsPlanned(request.type_name, schema.block, planned, config, state);
        }
        return { ...legacy, new_state: encode(state, schema), diagnostics: messages(found) };
      },
      found,
    );
  }

  private async update(
    resource: Resource<Client>,
    schema: Schema,
    prior: State,
    planned: State,
    config: State,
    found: Diagnostic[],
  ): Promise<State | null> {
    if (resource.update === undefined) return {};
    const changed = (name: string): boolean => {
      const attribute = schema.block.attributes?.[name];
      const child = schema.block.block_types?.[name];
      const type =
        attribute !== undefined
          ? attributeType(attribute)
          : child !== undefined
            ? ([child.nesting_mode, blockType(child.block)] as const)
            : 'dynamic';
      return !equal(prior[name], planned[name], type as Parameters<typeof equal>[2]);
    };
    return resource.update({ ...this.call(found), prior, planned, config, changed });
  }

  private async importState(request: Request): Promise<object> {
    const { resource, schema } = this.resource(request.type_name);
    return this.guarded(resource.planning.style, {}, async () => {
      const state = (await resource.importState?.(request.id, this.call([]))) ?? { id: request.id };
      return { imported_resources: [{ type_name: request.type_name, state: encode(state, schema), private: Buffer.alloc(0) }] };
    });
  }

  private async readDataSource(request: Request): Promise<object> {
    const { source, schema } = this.dataSource(request.type_name);
    const found: Diagnostic[] = [];
    return this.guarded(source.style ?? 'framework', {}, async () => {
      const config = this.decode(request.config, schema);
      const state = await source.read({ ...this.call(found), config });
      return { state: encode({ ...config, ...state }, schema), diagnostics: messages(found) };
    });
  }

  private async stopProvider(): Promise<object> {
    this.stop.abort(new ProviderError(failure('context canceled')));
    return { Error: '' };
  }

  private call(found: Diagnostic[]): { client: Client; signal: AbortSignal; warn: (warning: Diagnostic) => void } {
    if (this.client === undefined)
      throw new ProviderError(failure('Provider not configured', `${this.provider.address} was called before ConfigureProvider.`));
    return { client: this.client, signal: this.stop.signal, warn: (warning) => void found.push(warning) };
  }

  /** Errors become diagnostics beside what is to be kept. */
  private async guarded(style: Style, kept: object, work: () => Promise<object>, found: readonly Diagnostic[] = []): Promise<object> {
    try {
      return await work();
    } catch (error) {
      const diagnostics = error instanceof ProviderError ? error.diagnostics : this.provider.describeError(error, style);
      return { ...kept, diagnostics: messages([...found, ...diagnostics]) };
    }
  }

  private decode(value: DynamicValue | null, schema: Schema): State {
    return (decodeDynamicValue(value, blockType(schema.block)) ?? {}) as State;
  }

  private resource(name: string): { resource: Resource<Client>; schema: Schema } {
    const [resource, schema] = [this.provider.resources[name], this.provider.schema.resource_schemas[name]];
    if (resource === undefined || schema === undefined) throw new Error(`${this.provider.address} has no stand-in for resource ${name}`);
    return { resource, schema };
  }

  private dataSource(name: string): { source: Provider<Client>['dataSources'][string]; schema: Schema } {
    const [source, schema] = [this.provider.dataSources[name], this.provider.schema.data_source_schemas[name]];
    if (source === undefined || schema === undefined) throw new Error(`${this.provider.address} has no stand-in for data source ${name}`);
    return { source, schema };
  }
}

function messages(diagnostics: readonly Diagnostic[]): readonly object[] {
  return diagnostics.map(diagnosticMessage);
}

function encode(value: Value, schema: Schema): DynamicValue {
  return encodeDynamicValue(value, blockType(schema.block));
}

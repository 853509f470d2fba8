// What `terraform providers schema -json` prints, and its form on the wire.

export type TypeExpression =
  | 'string'
  | 'number'
  | 'bool'
  | 'dynamic'
  | ['list' | 'set' | 'map', TypeExpression]
  | ['object', Readonly<Record<string, TypeExpression>>]
  | ['tuple', readonly TypeExpression[]];

export interface AttributeSchema {
  readonly type?: TypeExpression;
  readonly nested_type?: { readonly attributes: Readonly<Record<string, AttributeSchema>>; readonly nesting_mode: NestingMode };
  readonly description?: string;
  readonly description_kind?: string;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly deprecated?: boolean;
  readonly write_only?: boolean;
}

export type NestingMode = 'single' | 'list' | 'set' | 'map' | 'group';

export interface NestedBlockSchema {
  readonly nesting_mode: NestingMode;
  readonly block: BlockSchema;
  readonly min_items?: number;
  readonly max_items?: number;
}

export interface BlockSchema {
  readonly attributes?: Readonly<Record<string, AttributeSchema>>;
  readonly block_types?: Readonly<Record<string, NestedBlockSchema>>;
  readonly description?: string;
  readonly description_kind?: string;
  readonly deprecated?: boolean;
}

export interface Schema {
  readonly version: number;
  readonly block: BlockSchema;
}

export interface ProviderSchema {
  readonly provider: Schema;
  readonly resource_schemas: Readonly<Record<string, Schema>>;
  readonly data_source_schemas: Readonly<Record<string, Schema>>;
}

export function attributeType(attribute: AttributeSchema): TypeExpression {
  if (attribute.nested_type === undefined) return attribute.type ?? 'dynamic';
  return nested(attribute.nested_type.nesting_mode, ['object', mapValues(attribute.nested_type.attributes, attributeType)]);
}

/** The object type that a block's values have. */
export function blockType(block: BlockSchema): TypeExpression {
  return [
    'object',
    {
      ...mapValues(block.attributes ?? {}, attributeType),
      ...mapValues(block.block_types ?? {}, (child) => nested(child.nesting_mode, blockType(child.block))),
    },
  ];
}

function nested(mode: NestingMode, element: TypeExpression): TypeExpression {
  return mode === 'single' || mode === 'group' ? element : [mode, element];
}

export function schemaMessage(schema: Schema): object {
  return { version: schema.version, block: blockMessage(schema.block, schema.version) };
}

function blockMessage(block: BlockSchema, version = 0): object {
  return {
    version,
    attributes: Object.entries(block.attributes ?? {}).map(([name, attribute]) => attributeMessage(name, attribute)),
    block_types: Object.entries(block.block_types ?? {}).map(([name, child]) => ({
      type_name: name,
      block: blockMessage(child.block),
      nesting: child.nesting_mode.toUpperCase(),
      min_items: child.min_items ?? 0,
      max_items: child.max_items ?? 0,
    })),
    ...documentation(block),
  };
}

function attributeMessage(name: string, attribute: AttributeSchema): object {
  const { nested_type: child } = attribute;
  return {
    name,
    ...(child === undefined
      ? { type: Buffer.from(JSON.stringify(attribute.type)) }
      : {
          nested_type: {
            attributes: Object.entries(child.attributes).map(([part, schema]) => attributeMessage(part, schema)),
            nesting: child.nesting_mode.toUpperCase(),
          },
        }),
    required: attribute.required ?? false,
    optional: attribute.optional ?? false,
    computed: attribute.computed ?? false,
    sensitive: attribute.sensitive ?? false,
    write_only: attribute.write_only ?? false,
    ...documentation(attribute),
  };
}

function documentation(from: { description?: string; description_kind?: string; deprecated?: boolean }): object {
  return {
    description: from.description ?? '',
    description_kind: from.description_kind === 'markdown' ? 'MARKDOWN' : 'PLAIN',
    deprecated: from.deprecated ?? false,
  };
}

function mapValues<T, U>(from: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(value)]));
}

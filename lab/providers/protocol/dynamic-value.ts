import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';
import type { TypeExpression } from './schema';
import { isList, isObject, isUnknown, UNKNOWN, Unknown, type Value } from './value';

export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

const UNKNOWN_EXTENSION = 0;
/** An unknown value with what is known of it, such as "not null": it stays unknown. */
const REFINED_UNKNOWN_EXTENSION = 12;

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: UNKNOWN_EXTENSION,
  encode: (input) => (input instanceof Unknown ? Uint8Array.of(0) : null),
  decode: () => UNKNOWN,
});
extensionCodec.register({ type: REFINED_UNKNOWN_EXTENSION, encode: () => null, decode: () => UNKNOWN });

export function decodeDynamicValue(value: DynamicValue | null | undefined, type: TypeExpression): Value {
  if (value?.msgpack !== undefined && value.msgpack.length > 0) {
    return conform(decode(value.msgpack, { extensionCodec, useBigInt64: true }), type, fromMsgpack) as Value;
  }
  if (value?.json !== undefined && value.json.length > 0) return decodeJson(value.json, type);
  return null;
}

/** Attributes that the type does not have are dropped: a state may come from an older schema. */
export function decodeJson(json: Uint8Array, type: TypeExpression): Value {
  return conform(JSON.parse(Buffer.from(json).toString('utf8')), type, fromJson) as Value;
}

export function encodeDynamicValue(value: Value, type: TypeExpression): DynamicValue {
  return { msgpack: encode(conform(value, type, toMsgpack), { extensionCodec }) };
}

/** What becomes of a value whose type comes with it, on its way in or out. */
type Dynamic = (value: unknown) => unknown;

const fromMsgpack: Dynamic = (value) => {
  if (!Array.isArray(value) || !(value[0] instanceof Uint8Array)) throw mismatch(value, 'dynamic');
  return conform(value[1], parseType(value[0]), fromMsgpack);
};

const fromJson: Dynamic = (value) => {
  const { value: inner, type } = asRecord(value, 'dynamic');
  return conform(inner, type as TypeExpression, fromJson);
};

const toMsgpack: Dynamic = (value) => {
  const type = typeOf(value as Value);
  return [Buffer.from(JSON.stringify(type)), conform(value, type, toMsgpack)];
};

const parseType = (json: Uint8Array): TypeExpression => JSON.parse(Buffer.from(json).toString('utf8')) as TypeExpression;

/** The type that a value written in a configuration has. */
function typeOf(value: Value): TypeExpression {
  if (isList(value)) return ['tuple', value.map(typeOf)];
  if (isObject(value)) return ['object', Object.fromEntries(Object.entries(value).map(([name, part]) => [name, typeOf(part)]))];
  return typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'dynamic';
}

/** Brings a decoded value, or one of ours, to exactly the type: absent attributes are null, number texts are numbers. */
function conform(value: unknown, type: TypeExpression, dynamic: Dynamic): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Unknown) return value;
  if (type === 'dynamic') return dynamic(value);
  if (!Array.isArray(type)) return conformPrimitive(value, type);
  switch (type[0]) {
    case 'list':
    case 'set':
      if (!Array.isArray(value)) throw mismatch(value, type);
      return value.map((element) => conform(element, type[1], dynamic));
    case 'tuple':
      if (!Array.isArray(value)) throw mismatch(value, type);
      return type[1].map((element, index) => conform(value[index], element, dynamic));
    case 'map':
      return Object.fromEntries(Object.entries(asRecord(value, type)).map(([key, element]) => [key, conform(element, type[1], dynamic)]));
    case 'object': {
      const record = asRecord(value, type);
      return Object.fromEntries(Object.entries(type[1]).map(([name, element]) => [name, conform(record[name], element, dynamic)]));
    }
  }
}

function conformPrimitive(value: unknown, type: TypeExpression): Value {
  if (type === 'number') {
    const number = typeof value === 'number' ? value : Number(value);
    if (Number.isNaN(number) || typeof value === 'boolean') throw mismatch(value, type);
    return number;
  }
  if (type === 'string' && typeof value === 'string') return value;
  if (type === 'bool' && typeof value === 'boolean') return value;
  throw mismatch(value, type);
}

function asRecord(value: unknown, type: TypeExpression): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw mismatch(value, type);
  return value as Record<string, unknown>;
}

function mismatch(value: unknown, type: TypeExpression): Error {
  const shown = isObject(value as Value) || isList(value as Value) || isUnknown(value as Value) ? typeof value : JSON.stringify(value);
  return new TypeError(`value ${shown} is not of type ${JSON.stringify(type)}`);
}

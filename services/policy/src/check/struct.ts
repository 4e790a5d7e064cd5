import { AppError, type JsonValue } from '@portcullis/contracts';

/** google.protobuf.Value as proto-loader gives it (`oneofs: true`). */
export interface ProtoValue {
  kind?: 'nullValue' | 'numberValue' | 'stringValue' | 'boolValue' | 'structValue' | 'listValue';
  numberValue?: number;
  stringValue?: string;
  boolValue?: boolean;
  structValue?: ProtoStruct;
  listValue?: { values: ProtoValue[] };
}

export interface ProtoStruct {
  fields: Record<string, ProtoValue>;
}

const MAX_DEPTH = 64;

/**
 * google.protobuf.Struct → I-JSON, with the refusals of the other transports' parser. Numbers are doubles here: an integer
 * beyond 2^53 − 1 may have been another one.
 *
 * @throws AppError INVALID_ARGUMENT for such a number, a value without a kind, a key `__proto__`, nesting beyond 64
 */
export function structToJson(struct: ProtoStruct, depth = 0): { [key: string]: JsonValue } {
  // A key `__proto__` does not arrive as a key: the decoder's assignment has made it the prototype.
  if (Object.getPrototypeOf(struct.fields) !== Object.prototype) throw invalid('a key is not allowed');
  return Object.fromEntries(
    Object.entries(struct.fields).map(([key, value]) => {
      if (key === '__proto__') throw invalid('a key is not allowed');
      return [key, valueToJson(value, depth + 1)];
    }),
  );
}

const invalid = (problem: string): AppError =>
  new AppError('INVALID_ARGUMENT', `The arguments can not be read: ${problem}.`);

function exactNumber(value: number): number {
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return value;
  throw invalid('a number is not exact');
}

function valueToJson(value: ProtoValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) throw invalid('they are nested too deeply');
  switch (value.kind) {
    case 'nullValue':
      return null;
    case 'numberValue':
      return exactNumber(value.numberValue!);
    case 'stringValue':
      return value.stringValue!;
    case 'boolValue':
      return value.boolValue!;
    case 'structValue':
      return structToJson(value.structValue!, depth);
    case 'listValue':
      return value.listValue!.values.map((item) => valueToJson(item, depth + 1));
    default:
      throw invalid('a value has no kind');
  }
}

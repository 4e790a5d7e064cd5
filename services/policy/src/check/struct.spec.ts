import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { structToJson, type ProtoStruct, type ProtoValue } from './struct.js';

const toValue = (value: unknown): ProtoValue => {
  if (value === null) return { kind: 'nullValue' };
  if (typeof value === 'number') return { kind: 'numberValue', numberValue: value };
  if (typeof value === 'string') return { kind: 'stringValue', stringValue: value };
  if (typeof value === 'boolean') return { kind: 'boolValue', boolValue: value };
  if (Array.isArray(value)) return { kind: 'listValue', listValue: { values: value.map(toValue) } };
  return { kind: 'structValue', structValue: toStruct(value as object) };
};

const toStruct = (value: object): ProtoStruct => ({
  fields: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toValue(item)])),
});

const refused = expect.objectContaining({ code: 'INVALID_ARGUMENT' });

describe('google.protobuf.Struct', () => {
  it('is the JSON object that was sent', () => {
    const exact = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
    );
    const keys = fc.string().filter((key) => key !== '__proto__');
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        exact,
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(keys, json, { noNullPrototype: true }), (value) => {
        expect(structToJson(toStruct(value))).toEqual(value);
      }),
    );
  });

  it.each([2 ** 53, -(2 ** 53), 1e300, NaN, Infinity])('is refused with the number %p', (number) => {
    expect(() => structToJson({ fields: { n: toValue(number) } })).toThrow(refused);
  });

  it('is refused with a key that became a prototype, or is written as one', () => {
    const fields = JSON.parse('{"__proto__":{"kind":"boolValue","boolValue":true}}') as ProtoStruct['fields'];
    expect(() => structToJson({ fields })).toThrow(refused);
    const assigned: ProtoStruct['fields'] = {};
    assigned['__proto__'] = toValue(true);
    expect(() => structToJson({ fields: assigned })).toThrow(refused);
  });

  it('is refused with a value of no kind, or nested too deeply', () => {
    expect(() => structToJson({ fields: { x: {} } })).toThrow(refused);
    let deep: unknown = 1;
    for (let level = 0; level < 70; level += 1) deep = [deep];
    expect(() => structToJson(toStruct({ deep }))).toThrow(refused);
  });
});

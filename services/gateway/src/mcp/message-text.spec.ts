import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withId, withResultMembers } from './message-text.js';

describe('editing an answer as text', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":"x","result":{}}', '{"jsonrpc":"2.0","id":7,"result":{}}'],
    ['{ "result" : {"id":"x"} , "id" : "x" }', '{ "result" : {"id":"x"} , "id" : 7 }'],
    ['{"result":{"n":12345678901234567890},"id":null}', '{"result":{"n":12345678901234567890},"id":7}'],
    ['{"a":"\\"id\\":1","id":"x\\\\"}', '{"a":"\\"id\\":1","id":7}'],
  ])('gives %s the id of the client and leaves the rest as it came', (text, expected) => {
    expect(withId(text, 7)).toBe(expected);
  });

  it('adds what is missing in a result, and nothing that is there', () => {
    expect(withResultMembers('{"id":1,"result":{"content":[]}}', { resultType: 'complete' })).toBe(
      '{"id":1,"result":{"resultType":"complete","content":[]}}',
    );
    expect(withResultMembers('{"id":1,"result":{}}', { resultType: 'complete' })).toBe(
      '{"id":1,"result":{"resultType":"complete"}}',
    );
    const present = '{"result":{"resultType":"input_required"},"id":1}';
    expect(withResultMembers(present, { resultType: 'complete' })).toBe(present);
    const error = '{"id":1,"error":{"code":1}}';
    expect(withResultMembers(error, { resultType: 'complete' })).toBe(error);
  });

  it('finds the id of any JSON-RPC answer, whatever the result holds', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), fc.boolean(), (result, id, first) => {
        const message = first
          ? { id: 'ours', jsonrpc: '2.0', result }
          : { jsonrpc: '2.0', result, id: 'ours' };
        const spaced = JSON.stringify(message, null, first ? 2 : 0);
        expect(JSON.parse(withId(spaced, id))).toEqual(JSON.parse(JSON.stringify({ ...message, id })));
      }),
    );
  });

  it.each(['[]', '{"result":1}', '{"id"', '{"id":1', '{"id":1,"result":{},"id":2}'])(
    'refuses %s, which has no one id to replace',
    (text) => {
      expect(() => withId(text, 1)).toThrow(/malformed/);
    },
  );
});

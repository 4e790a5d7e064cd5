import { Secret } from '@portcullis/contracts';
import fc from 'fast-check';
import { credentialsJson } from './credentials-json.js';

describe('JSON of opened credentials', () => {
  it('is what JSON.parse reads back, whatever the values are', () => {
    const value = fc.string({ unit: 'binary', maxLength: 40 });
    const slot = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/);
    fc.assert(
      fc.property(fc.dictionary(slot, value, { noNullPrototype: true }), (values) => {
        const opened = Object.entries(values).map(([name, text]) => ({ slot: name, value: Secret.of(text) }));
        expect(JSON.parse(credentialsJson(opened).toString('utf8'))).toEqual(values);
      }),
    );
  });

  it('takes every control character, quote and backslash', () => {
    const text = `${String.fromCharCode(...Array.from({ length: 40 }, (_, code) => code))}"\\\u007f\u2028🔑`;
    const json = credentialsJson([{ slot: 'token', value: Secret.of(text) }]);
    expect(JSON.parse(json.toString('utf8'))).toEqual({ token: text });
  });

  it('leaves nothing of itself outside the buffer it gives', () => {
    const json = credentialsJson([{ slot: 'token', value: Secret.of('canary-canary') }]);
    expect(json.byteOffset).toBe(0);
    json.fill(0);
    expect(Buffer.from(json.buffer).includes('canary')).toBe(false);
  });
});

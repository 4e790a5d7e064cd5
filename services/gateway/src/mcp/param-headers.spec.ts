import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decodeHeaderValue, encodeHeaderValue } from './header-value.js';
import { checkParamHeaders, paramHeaders } from './param-headers.js';

const SCHEMA = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    where: { type: 'object', properties: { zone: { type: 'integer', 'x-mcp-header': 'Zone' } } },
    list: { type: 'array', items: { type: 'string', 'x-mcp-header': 'Never' } },
    bad: { type: 'string', 'x-mcp-header': 'two words' },
  },
};

describe('headers that repeat arguments', () => {
  verifies('B13');
  const args = { region: 'Zürich', where: { zone: 7 }, list: ['x'], bad: 'y' };

  it('are made as the tool declares them', () => {
    expect(paramHeaders(SCHEMA, args)).toEqual({
      'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=`,
      'mcp-param-zone': '7',
    });
    expect(paramHeaders(SCHEMA, { region: null, where: {} })).toEqual({});
    expect(paramHeaders(undefined, args)).toEqual({});
  });

  it('agree with the arguments, or the call is refused', () => {
    const check = (headers: Record<string, string>) => () =>
      checkParamHeaders(SCHEMA, args, (name) => headers[name]);
    const right = paramHeaders(SCHEMA, args);
    expect(check(right)).not.toThrow();
    expect(check({ ...right, 'mcp-param-zone': '7.0' })).not.toThrow();
    const mismatch = expect.objectContaining({ code: 'HEADER_MISMATCH' });
    expect(check({ ...right, 'mcp-param-zone': '8' })).toThrow(mismatch);
    expect(check({ ...right, 'mcp-param-region': 'Bern' })).toThrow(mismatch);
    expect(check({ ...right, 'mcp-param-region': '=?base64?%?=' })).toThrow(mismatch);
    expect(check({ 'mcp-param-zone': '7' })).toThrow(mismatch);
  });

  it('hold any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const encoded = encodeHeaderValue(text);
        expect(encoded).toMatch(/^[\t\x20-\x7e]+$/);
        expect(decodeHeaderValue(encoded)).toBe(text);
      }),
    );
    expect(decodeHeaderValue('=?base64?/w==?=')).toBeUndefined();
  });
});

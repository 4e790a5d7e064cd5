import { describe, expect, it } from '@jest/globals';
import { verifies } from '../../../../tools/verifies.js';
import {
  classify,
  CLIENT_CAPABILITIES_KEY,
  MODERN_VERSION,
  PROTOCOL_VERSION_KEY,
  type McpHeaders,
} from './era.js';
import type { RpcRequest } from './json-rpc.js';

const request = (method: string, params: RpcRequest['params'] = {}): RpcRequest => ({
  kind: 'request',
  id: 1,
  method,
  params,
});
const none: McpHeaders = { protocolVersion: undefined, method: undefined, name: undefined };
const meta = { [PROTOCOL_VERSION_KEY]: MODERN_VERSION, [CLIENT_CAPABILITIES_KEY]: {} };
const modern = (method: string, name?: string): McpHeaders => ({
  protocolVersion: MODERN_VERSION,
  method,
  name,
});

describe('era of a message', () => {
  it('is told by the body, with headers that agree', () => {
    verifies('B13');
    expect(classify(request('tools/list'), none)).toBe('legacy');
    expect(classify(request('tools/list'), { ...none, protocolVersion: '2025-11-25' })).toBe('legacy');
    expect(classify(request('tools/list', { _meta: meta }), modern('tools/list'))).toBe('modern');
    expect(classify(request('tools/call', { _meta: meta, name: 'a' }), modern('tools/call', 'a'))).toBe(
      'modern',
    );
  });

  it('reads a name that is base64 in the header', () => {
    const name = `=?base64?${Buffer.from('a/b').toString('base64')}?=`;
    expect(classify(request('tools/call', { _meta: meta, name: 'a/b' }), modern('tools/call', name))).toBe(
      'modern',
    );
  });

  it.each([
    [
      'another tool in the header',
      request('tools/call', { _meta: meta, name: 'delete' }),
      modern('tools/call', 'read'),
    ],
    ['no tool in the header', request('tools/call', { _meta: meta, name: 'delete' }), modern('tools/call')],
    [
      'another method in the header',
      request('tools/call', { _meta: meta, name: 'a' }),
      modern('tools/list', 'a'),
    ],
    [
      'no method in the header',
      request('tools/list', { _meta: meta }),
      { ...none, protocolVersion: MODERN_VERSION },
    ],
    ['no version in the header', request('tools/list', { _meta: meta }), { ...none, method: 'tools/list' }],
    [
      'another version in the header',
      request('tools/list', { _meta: meta }),
      { ...modern('tools/list'), protocolVersion: '2025-11-25' },
    ],
    [
      'another tool in the header of an older client',
      request('tools/call', { name: 'delete' }),
      { ...none, name: 'read' },
    ],
    [
      'another method in the header of an older client',
      request('tools/call', { name: 'delete' }),
      { ...none, method: 'tools/list' },
    ],
    [
      'a broken encoding',
      request('tools/call', { _meta: meta, name: '=?base64?%?=' }),
      modern('tools/call', '=?base64?%?='),
    ],
  ])('is refused with %s', (_, message, headers) => {
    expect(() => classify(message, headers)).toThrow(expect.objectContaining({ code: 'HEADER_MISMATCH' }));
  });

  it.each([
    ['header', request('tools/list'), { ...none, protocolVersion: '2024-01-01' }],
    ['body', request('tools/list', { _meta: { [PROTOCOL_VERSION_KEY]: '2027-01-01' } }), none],
  ])('is refused for an unknown version in the %s, saying which are known', (_, message, headers) => {
    expect(() => classify(message, headers)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_PROTOCOL_VERSION',
        details: expect.objectContaining({ supported: expect.any(Array) }),
      }),
    );
  });

  it('wants the whole claim once the header names the modern revision', () => {
    expect(() => classify(request('tools/list'), modern('tools/list'))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    const bare = request('tools/list', { _meta: { [PROTOCOL_VERSION_KEY]: MODERN_VERSION } });
    expect(() => classify(bare, modern('tools/list'))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

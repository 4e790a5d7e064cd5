import { LEGACY_VERSIONS, MODERN_VERSION } from './era.js';
import type { JsonObject } from './json-rpc.js';

const SERVER_INFO = { name: 'portcullis', title: 'Portcullis', version: '0.1.0' };
const CAPABILITIES = { tools: {} };
const INSTRUCTIONS =
  'Tools behind Portcullis: each call is authorised and recorded. A denial names the rule that decided.';

/**
 * Answer to `initialize` (2025-11-25 and earlier). No session id is issued, which those revisions allow: every request
 * proves its principal anew, so there is no session that somebody else could present.
 */
export function initializeResult(params: JsonObject): JsonObject {
  const requested = params['protocolVersion'];
  const known: readonly unknown[] = LEGACY_VERSIONS;
  return {
    protocolVersion: known.includes(requested) ? (requested as string) : LEGACY_VERSIONS[0],
    capabilities: CAPABILITIES,
    serverInfo: SERVER_INFO,
    instructions: INSTRUCTIONS,
  };
}

/** Answer to `server/discover` (2026-07-28). Private: another principal may see other tools. */
export function discoverResult(): JsonObject {
  return {
    resultType: 'complete',
    supportedVersions: [MODERN_VERSION],
    capabilities: CAPABILITIES,
    instructions: INSTRUCTIONS,
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': SERVER_INFO },
  };
}

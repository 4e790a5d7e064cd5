import { CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY, PROTOCOL_VERSION_KEY } from '../mcp/era.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { GATEWAY, type UpstreamSession } from './upstream-session.js';

export interface Outgoing {
  method: string;
  params: JsonObject;
  paramHeaders?: Record<string, string>;
  /** Notifications have none. */
  id?: string;
}

/** `_meta` keys that describe the hop between client and gateway; the next hop gets its own. */
const HOP_KEYS: readonly string[] = [PROTOCOL_VERSION_KEY, CLIENT_CAPABILITIES_KEY, CLIENT_INFO_KEY];

/**
 * The request as the upstream gets it: written from the value that was checked and decided on, so that no parser can see
 * in it what we did not, with an id of our own, so that ids of different clients never meet (threat 7).
 */
export function outgoingMessage(session: UpstreamSession, { method, params, id }: Outgoing): string {
  const outgoing = { ...params, ...metaFor(session, params['_meta']) };
  return JSON.stringify({ jsonrpc: '2.0', ...(id === undefined ? {} : { id }), method, params: outgoing });
}

function metaFor(session: UpstreamSession, meta: unknown): { _meta?: JsonObject } {
  const kept = Object.fromEntries(
    Object.entries(isObject(meta) ? meta : {}).filter(([key]) => !HOP_KEYS.includes(key)),
  );
  if (session.era === 'modern') {
    return {
      _meta: {
        ...kept,
        [PROTOCOL_VERSION_KEY]: session.protocolVersion,
        // None: what a server would ask of the client in mid-call is not carried yet.
        [CLIENT_CAPABILITIES_KEY]: {},
        [CLIENT_INFO_KEY]: GATEWAY,
      },
    };
  }
  return Object.keys(kept).length > 0 ? { _meta: kept } : {};
}

/** Nothing of the client's own headers goes upstream: neither its token nor anything else (threat 11). */
export function outgoingHeaders(
  session: UpstreamSession,
  message: Outgoing,
  credentialHeaders: Record<string, string>,
): Record<string, string> {
  return {
    ...credentialHeaders,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    // The handshake itself names its version in the body.
    ...(message.method === 'initialize' ? {} : { 'mcp-protocol-version': session.protocolVersion }),
    ...(session.sessionId === null ? {} : { 'mcp-session-id': session.sessionId }),
    ...(session.era === 'modern' ? modernHeaders(message) : {}),
  };
}

function modernHeaders({ method, params, paramHeaders }: Outgoing): Record<string, string> {
  const name = method === 'tools/call' ? params['name'] : undefined;
  return {
    ...paramHeaders,
    'mcp-method': method,
    // Tool names are plain ASCII here, so they need no encoding.
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
  };
}

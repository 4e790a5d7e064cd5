import { AppError } from '@portcullis/contracts';
import { decodeHeaderValue } from './header-value.js';
import { isObject, type JsonObject, type RpcNotification, type RpcRequest } from './json-rpc.js';

/** `modern`: stateless, 2026-07-28. `legacy`: handshake and sessions, up to 2025-11-25. */
export type Era = 'modern' | 'legacy';

export const MODERN_VERSION = '2026-07-28';
/** Newest first: the first one is offered to servers, any of them is accepted from clients. */
export const LEGACY_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
const SUPPORTED_VERSIONS = [MODERN_VERSION, ...LEGACY_VERSIONS];

export const PROTOCOL_VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
export const CLIENT_CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
export const CLIENT_INFO_KEY = 'io.modelcontextprotocol/clientInfo';

/** The headers of MCP that the body is compared with. */
export interface McpHeaders {
  protocolVersion: string | undefined;
  method: string | undefined;
  name: string | undefined;
}

/**
 * Era of a message. The body decides; headers have to agree with it (MCP 2026-07-28, Streamable HTTP, "standard request
 * headers"), since whatever stands between client and gateway may have decided on them.
 *
 * @throws AppError `HEADER_MISMATCH`, `UNSUPPORTED_PROTOCOL_VERSION`, `INVALID_ARGUMENT`
 */
export function classify(message: RpcRequest | RpcNotification, headers: McpHeaders): Era {
  const meta = isObject(message.params['_meta']) ? message.params['_meta'] : {};
  const claimed = meta[PROTOCOL_VERSION_KEY];
  if (claimed === undefined) return classifyWithoutClaim(message, headers);
  if (typeof claimed !== 'string')
    throw new AppError('INVALID_ARGUMENT', `_meta["${PROTOCOL_VERSION_KEY}"] must be a string.`);
  if (headers.protocolVersion !== undefined && headers.protocolVersion !== claimed) {
    throw mismatch(
      `The body names protocol version ${claimed}, the MCP-Protocol-Version header ${headers.protocolVersion}.`,
    );
  }
  if (claimed !== MODERN_VERSION) throw unsupported(claimed);
  if (message.kind === 'request') checkModernRequest(message, headers, meta);
  return 'modern';
}

function classifyWithoutClaim(message: RpcRequest | RpcNotification, headers: McpHeaders): Era {
  if (headers.protocolVersion === MODERN_VERSION) {
    if (message.kind === 'notification') return 'modern';
    throw new AppError(
      'INVALID_ARGUMENT',
      `The MCP-Protocol-Version header names ${MODERN_VERSION}, but params._meta["${PROTOCOL_VERSION_KEY}"] is missing.`,
    );
  }
  const known: readonly string[] = LEGACY_VERSIONS;
  if (headers.protocolVersion !== undefined && !known.includes(headers.protocolVersion))
    throw unsupported(headers.protocolVersion);
  // Clients of these revisions don't send them, but whoever stands before us may look at them all the same.
  if (headers.method !== undefined) checkMethod(message, headers);
  if (headers.name !== undefined) checkName(message, headers);
  return 'legacy';
}

function checkModernRequest(message: RpcRequest, headers: McpHeaders, meta: JsonObject): void {
  if (!isObject(meta[CLIENT_CAPABILITIES_KEY])) {
    throw new AppError('INVALID_ARGUMENT', `params._meta["${CLIENT_CAPABILITIES_KEY}"] must be an object.`);
  }
  if (headers.protocolVersion === undefined) throw mismatch('The MCP-Protocol-Version header is missing.');
  checkMethod(message, headers);
  if (message.method === 'tools/call') checkName(message, headers);
}

function checkMethod({ method }: RpcRequest | RpcNotification, headers: McpHeaders): void {
  if (headers.method === method) return;
  throw mismatch(`The body names method ${method}, the Mcp-Method header ${headers.method ?? 'is missing'}.`);
}

function checkName({ method, params }: RpcRequest | RpcNotification, headers: McpHeaders): void {
  const name = method === 'tools/call' ? params['name'] : undefined;
  const inHeader = headers.name === undefined ? undefined : decodeHeaderValue(headers.name);
  if (inHeader !== name) throw mismatch('The Mcp-Name header and params.name differ.');
}

const mismatch = (message: string): AppError => new AppError('HEADER_MISMATCH', message);

const unsupported = (requested: string): AppError =>
  new AppError('UNSUPPORTED_PROTOCOL_VERSION', `Protocol version ${requested} is not supported.`, {
    details: { supported: SUPPORTED_VERSIONS, requested },
  });

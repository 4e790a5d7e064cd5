import type { Authorization, Operation, ServerEndpoint } from '@portcullis/contracts';
import type { AuthenticatedPrincipal } from '../identity/principals.js';
import type { JsonObject } from '../mcp/json-rpc.js';
import type { ToolDefinition } from '../mcp/tool-definition.js';

/** What is asked of an upstream server, by whom: fixed before the first governed step. */
export interface GovernedCall {
  readonly principal: AuthenticatedPrincipal;
  readonly endpoint: ServerEndpoint;
  readonly operation: Extract<Operation, 'tool.call' | 'catalog.read'>;
  readonly method: 'tools/call' | 'tools/list';
  /** Parameters as the upstream gets them. */
  readonly params: JsonObject;
  /** Null for a catalogue. */
  readonly tool: ToolDefinition | null;
  /** ULID: the same over all attempts. */
  readonly call: string;
  readonly client: ClientFacts;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch after which the call has failed. */
  readonly deadline: number;
  readonly startedAt: number;
  readonly onNotification?: (text: string) => void;
}

/** Personal facts about the request: they go into the sealed section of the record and nowhere else. */
export interface ClientFacts {
  ip: string;
  userAgent: string | null;
  protocol: string;
}

export type Allowed = Authorization & { grants: NonNullable<Authorization['grants']> };

/** The intent stands in the log: recordId and audit's receipt for the vault. */
export interface RecordedIntent {
  recordId: string;
  receipt: string;
}

export const remainingMs = (call: GovernedCall): number => Math.max(1, call.deadline - Date.now());

/** Size of what the client sent as arguments, bytes of JSON. */
export const argumentBytes = (call: GovernedCall): number =>
  call.tool === null ? 0 : Buffer.byteLength(JSON.stringify(call.params['arguments'] ?? {}));

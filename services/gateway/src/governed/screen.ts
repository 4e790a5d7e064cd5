import { b64u, sha256 } from '@portcullis/contracts';
import type { Redactor } from '../credentials/redaction.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import type { UpstreamAnswer } from '../upstream/upstream-client.js';

/** An upstream's answer without the credentials that it may have echoed. */
export interface ScreenedAnswer {
  text: string;
  message: JsonObject;
  era: UpstreamAnswer['session']['era'];
  /** Whether the tool did what it was asked: no JSON-RPC error, no `isError`. */
  succeeded: boolean;
  redactions: number;
  bytes: number;
  /** SHA-256 of the answer as it goes on to the client, base64url. */
  digest: string;
}

/** Step 10. */
export function screen(answer: UpstreamAnswer, redactor: Redactor): ScreenedAnswer {
  const { text, redactions } = redactor.redact(answer.text);
  const message = redactions === 0 ? answer.message : (JSON.parse(text) as JsonObject);
  const { result } = message;
  return {
    text,
    message,
    era: answer.session.era,
    succeeded: isObject(result) && result['isError'] !== true && isComplete(result),
    redactions,
    bytes: Buffer.byteLength(text),
    digest: b64u(sha256(text)),
  };
}

/** An answer that asks for more input (2026-07-28, multi-round requests) is not one yet. */
export const isComplete = (result: JsonObject): boolean =>
  result['resultType'] === undefined || result['resultType'] === 'complete';

import { AppError, b64u, sha256 } from '@portcullis/contracts';
import type { Redactor } from '../credentials/redaction.js';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import type { FinalMessage } from '../upstream/read-answer.js';

/** An upstream's answer without the credentials that it may have echoed. */
export interface ScreenedAnswer {
  text: string;
  message: JsonObject;
  /** Whether the tool did what it was asked: no JSON-RPC error, no `isError`. */
  succeeded: boolean;
  redactions: number;
  bytes: number;
  /** SHA-256 of the answer as it goes on to the client, base64url. */
  digest: string;
}

/** Step 10. @throws AppError `UPSTREAM_ERROR` when nothing readable is left without the credential */
export function screen(answer: FinalMessage, redactor: Redactor): ScreenedAnswer {
  const { text, redactions } = redactor.redact(answer.text);
  const message = redactions === 0 ? answer.message : parse(text);
  const { result } = message;
  return {
    text,
    message,
    succeeded: isObject(result) && result['isError'] !== true && isComplete(result),
    redactions,
    bytes: Buffer.byteLength(text),
    digest: b64u(sha256(text)),
  };
}

/** The cause stays away: a parser's message quotes what it could not read. */
function parse(text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    throw new AppError('UPSTREAM_ERROR', 'The answer of the upstream server is made of the credential.', {
      details: { sent: true },
    });
  }
}

/** An answer that asks for more input (2026-07-28, multi-round requests) is not one yet. */
export const isComplete = (result: JsonObject): boolean =>
  result['resultType'] === undefined || result['resultType'] === 'complete';

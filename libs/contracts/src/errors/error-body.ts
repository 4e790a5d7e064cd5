import { z } from 'zod';
import { AppError } from './app-error.js';
import { ERROR_CODES, ERROR_TABLE, type ErrorCode } from './error-codes.js';

/** What a NATS responder answers instead of a result: `{error: {code, message, details?}}`. */
export const errorBodySchema = z.strictObject({
  error: z.strictObject({
    code: z.enum(ERROR_CODES as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Fixed text for defects: what is unknown is logged once, never shown. */
const INTERNAL_TEXT = 'Internal error. The cause is in the log of the service.';

/** Turns whatever was thrown into the public error; the hidden cause stays behind. */
export function toErrorBody(thrown: unknown): ErrorBody {
  if (!(thrown instanceof AppError)) return { error: { code: 'INTERNAL', message: INTERNAL_TEXT } };
  const { code, message, details } = thrown;
  return { error: { code, message, ...(details === undefined ? {} : { details }) } };
}

export function fromErrorBody(body: ErrorBody): AppError {
  const { code, message, details } = body.error;
  return new AppError(code, message, { details });
}

/** RFC 9457 problem details for HTTP faces. `type` is a stable URN, since an installation has no public host. */
export function toProblem(thrown: unknown, instance?: string) {
  const { error } = toErrorBody(thrown);
  return {
    type: `urn:portcullis:error:${error.code}`,
    title: ERROR_TABLE[error.code].title,
    status: ERROR_TABLE[error.code].http,
    detail: error.message,
    code: error.code,
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(instance === undefined ? {} : { instance }),
  };
}

/** JSON-RPC 2.0 error object for MCP clients; the stable code string travels in `data.code`. */
export function toJsonRpcError(thrown: unknown) {
  const { error } = toErrorBody(thrown);
  return {
    code: ERROR_TABLE[error.code].jsonRpc,
    message: error.message,
    data: { code: error.code, retryable: ERROR_TABLE[error.code].retryable, ...error.details },
  };
}

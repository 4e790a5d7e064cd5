import type { ErrorCode } from './error-codes.js';

export interface AppErrorOptions {
  /** What really happened. Logged once at the boundary, never shown to a caller. */
  cause?: unknown;
  /** Public-safe facts that help the caller (names, limits, pointers): never values of secrets or arguments. */
  details?: Record<string, unknown>;
}

/**
 * The one error of the domain. `message` is safe to show to whoever made the request; the transports translate
 * `code` with {@link ERROR_TABLE}. Anything else that is thrown is a defect and is shown as a fixed text.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
  }
}

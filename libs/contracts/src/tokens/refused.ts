import { AppError } from '../errors/app-error.js';

/** Why a token was refused: stable, for tests and metrics. */
export type RefusalReason =
  | 'malformed'
  | 'algorithm'
  | 'type'
  | 'header'
  | 'unknown_key'
  | 'key_not_valid'
  | 'tag'
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'not_yet_valid'
  | 'expired'
  | 'lifetime'
  | 'caller'
  | 'request_mismatch'
  | 'body_mismatch'
  | 'revoked'
  | 'replayed';

const TEXTS: Partial<Record<RefusalReason, string>> = {
  expired: 'The token has expired.',
  not_yet_valid: 'The token is not valid yet.',
  request_mismatch: 'The token belongs to another request.',
  body_mismatch: 'The token belongs to another answer.',
  revoked: 'The token has been revoked.',
  replayed: 'The request has been received before.',
};

export function refused(reason: RefusalReason, cause?: unknown): AppError {
  return new AppError('UNAUTHENTICATED', TEXTS[reason] ?? 'The token is refused.', {
    cause,
    details: { reason },
  });
}

import { KeyFault, type KeyFaultReason } from '../../remote-calls/key-fault.js';

/** gRPC status codes (google.rpc.Code) as Cloud KMS uses them: name, reason. */
const BY_CODE: Readonly<Record<number, readonly [string, KeyFaultReason]>> = {
  1: ['CANCELLED', 'unreachable'],
  2: ['UNKNOWN', 'failing'],
  3: ['INVALID_ARGUMENT', 'refused'],
  4: ['DEADLINE_EXCEEDED', 'timeout'],
  5: ['NOT_FOUND', 'missing'],
  7: ['PERMISSION_DENIED', 'denied'],
  8: ['RESOURCE_EXHAUSTED', 'throttled'],
  // A key version that is disabled or destroyed.
  9: ['FAILED_PRECONDITION', 'disabled'],
  10: ['ABORTED', 'failing'],
  13: ['INTERNAL', 'failing'],
  14: ['UNAVAILABLE', 'unreachable'],
  15: ['DATA_LOSS', 'failing'],
  16: ['UNAUTHENTICATED', 'denied'],
};

const INVALID_ARGUMENT = 3;

/**
 * The reason behind an error of the client. Its words and details are left behind.
 *
 * @param opening a ciphertext was sent, which is all of the request that may be wrong
 */
export function gcpFault(error: unknown, opening: boolean): KeyFault {
  if (error instanceof KeyFault) return error;
  const { code } = error as { code?: unknown };
  const known = typeof code === 'number' ? BY_CODE[code] : undefined;
  if (known === undefined) return new KeyFault('failing');
  return new KeyFault(opening && code === INVALID_ARGUMENT ? 'unopenable' : known[1], known[0]);
}

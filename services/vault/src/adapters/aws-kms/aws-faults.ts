import { KeyFault, type KeyFaultReason } from '../../remote-calls/key-fault.js';

/** Errors of AWS KMS and of the signature check before it, by their names (KMS API reference, "Common Errors" and each action's). */
const BY_NAME: Readonly<Record<string, KeyFaultReason>> = {
  InvalidCiphertextException: 'unopenable',
  IncorrectKeyException: 'unopenable',
  DisabledException: 'disabled',
  KMSInvalidStateException: 'disabled',
  NotFoundException: 'missing',
  InvalidKeyUsageException: 'unsuitable',
  InvalidGrantTokenException: 'denied',
  AccessDeniedException: 'denied',
  UnrecognizedClientException: 'denied',
  InvalidClientTokenId: 'denied',
  InvalidSignatureException: 'denied',
  IncompleteSignature: 'denied',
  MissingAuthenticationTokenException: 'denied',
  ExpiredTokenException: 'denied',
  RequestExpired: 'denied',
  OptInRequired: 'denied',
  NotAuthorized: 'denied',
  CredentialsProviderError: 'denied',
  TokenProviderError: 'denied',
  ThrottlingException: 'throttled',
  RequestLimitExceeded: 'throttled',
  LimitExceededException: 'throttled',
  TooManyRequestsException: 'throttled',
  DependencyTimeoutException: 'failing',
  KMSInternalException: 'failing',
  KeyUnavailableException: 'failing',
  InternalFailure: 'failing',
  ServiceUnavailable: 'failing',
  TimeoutError: 'unreachable',
  AbortError: 'unreachable',
};

interface SdkError {
  readonly name: string;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * The reason behind an error of the SDK. Its message and its `$response` are left behind.
 *
 * @param opening a ciphertext was sent, which is all of the request that may be malformed
 */
export function awsFault(error: unknown, opening: boolean): KeyFault {
  if (error instanceof KeyFault) return error;
  const { name, code, $metadata } = error as SdkError;
  const note = [name, code].find((it) => typeof it === 'string' && /^\w{1,60}$/.test(it));
  return new KeyFault(reasonOf(name, $metadata?.httpStatusCode, opening), note as string | undefined);
}

function reasonOf(name: string, status: number | undefined, opening: boolean): KeyFaultReason {
  if (name === 'ValidationException') return opening ? 'unopenable' : 'refused';
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (known !== undefined) return known;
  // No answer: the name is then that of whatever went wrong in the network.
  if (status === undefined) return 'unreachable';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'failing' : 'refused';
}

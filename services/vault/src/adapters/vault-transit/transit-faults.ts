import type { KeyFaultReason } from '../../remote-calls/key-fault.js';

/**
 * What the transit engine answers with 400, in the words of its source (`sdk/helper/keysutil/policy.go`, the same in HashiCorp
 * Vault and OpenBao). The first that fits counts.
 */
const BAD_REQUESTS: readonly (readonly [RegExp, KeyFaultReason])[] = [
  [/version is disallowed by policy \(too old\)/, 'retired'],
  [/^invalid ciphertext: version is too new/, 'retired'],
  [/^no such key version/, 'retired'],
  [/soft[ -]deleted/, 'disabled'],
  [/^(encryption|signing|verification)? ?key not found/, 'missing'],
  [/^invalid ciphertext/, 'unopenable'],
  [/^invalid role( or secret)? ID|^invalid secret id/i, 'denied'],
  [/^missing client token|permission denied/, 'denied'],
];

const BY_STATUS: Readonly<Record<number, KeyFaultReason>> = {
  403: 'denied',
  404: 'missing',
  // A replica that is behind (eventual consistency of Vault Enterprise).
  412: 'failing',
  429: 'throttled',
  // A standby, a standby that only reads, a secondary for disaster recovery.
  307: 'standby',
  308: 'standby',
  472: 'standby',
  473: 'standby',
  // Not initialised.
  501: 'sealed',
};

/** The reason behind an answer other than 200 and 204 (developer.hashicorp.com/vault/api-docs, "HTTP status codes"). */
export function transitFault(status: number, errors: readonly string[]): KeyFaultReason {
  if (status === 400) return badRequest(errors);
  if (status === 503) return errors.some((error) => /sealed/i.test(error)) ? 'sealed' : 'failing';
  return BY_STATUS[status] ?? (status >= 500 ? 'failing' : 'refused');
}

function badRequest(errors: readonly string[]): KeyFaultReason {
  const found = BAD_REQUESTS.find(([pattern]) => errors.some((error) => pattern.test(error)));
  return found?.[1] ?? 'refused';
}

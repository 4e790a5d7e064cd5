import { sealForSubject, type SealedBox } from '@portcullis/contracts';
import type { GovernedCall } from './governed-call.js';

/**
 * The personal part of a record, sealed to the key of the person it is about: address, user agent, and the salt of the
 * argument digest. Audit stores it without being able to read it.
 */
export function sealedSection(call: GovernedCall, argumentSalt: string | null): SealedBox {
  const { org, sub, subjectKey } = call.principal.principal;
  return sealForSubject(subjectKey, org, sub, {
    ip: call.client.ip,
    userAgent: call.client.userAgent,
    argumentSalt,
  });
}

import { SubjectSealer, type SealedBox } from '@portcullis/contracts';
import type { GovernedCall } from './governed-call.js';

/**
 * The personal part of a record, sealed to the key of the person it is about: address, user agent, and the salt of the
 * argument digest. Audit stores it without being able to read it.
 */
export class SealedSection {
  private readonly sealer = new SubjectSealer();

  of(call: GovernedCall, argumentSalt: string | null): SealedBox {
    const { org, sub, subjectKey } = call.principal.principal;
    const { ip, userAgent } = call.client;
    return this.sealer.seal(subjectKey, org, sub, { ip, userAgent, argumentSalt });
  }

  /** When the process ends. */
  wipe(): void {
    this.sealer.wipe();
  }
}

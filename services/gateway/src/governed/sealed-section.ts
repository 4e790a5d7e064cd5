import {
  referencedArguments,
  SubjectSealer,
  type Authorization,
  type SealedBox,
} from '@portcullis/contracts';
import type { GovernedCall } from './governed-call.js';

/** What policy said of a call that belongs into its sealed section. */
type Decided = Pick<Authorization, 'argumentSalt' | 'argumentPaths'>;

/**
 * The personal part of a record, sealed to the key of the person it is about: address, user agent, the salt of the
 * argument digest, and the values of those arguments that rules look at. Audit stores it without being able to read it.
 */
export class SealedSection {
  private readonly sealer = new SubjectSealer();

  of(call: GovernedCall, { argumentSalt, argumentPaths = [] }: Decided): SealedBox {
    const { org, sub, subjectKey } = call.principal.principal;
    const { ip, userAgent } = call.client;
    const values = referencedArguments(argumentPaths, call.params['arguments'] ?? {});
    const personal = { ip, userAgent, argumentSalt, ...(values.length === 0 ? {} : { arguments: values }) };
    return this.sealer.seal(subjectKey, org, sub, personal);
  }

  /** When the process ends. */
  wipe(): void {
    this.sealer.wipe();
  }
}

import {
  b64u,
  fromB64u,
  replyKeyHash,
  sectionsSealing,
  verifyToken,
  type Keyring,
  type OpenedSection,
  type OpenSectionsReply,
  type OpenSectionsRequest,
  type ReadingClaims,
} from '@portcullis/contracts';
import type { LimitReading } from '../limits/limit-reading.js';
import type { ReplyChannels } from '../opening/reply-channels.js';
import { consumptionOf, demandConsumed } from '../proof/consume-grant.js';
import { decideReplyKey } from '../proof/decide-proof.js';
import { demand, type Proofs } from '../proof/proofs.js';
import type { DestroyedKeys } from '../restored/destroyed-keys.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { subjectKeysOf, toSubjectKeys, type StoredSubjectKey } from '../subject-keys/stored-subject-keys.js';
import { decideBatch, decideReader } from './decide-reading.js';
import type { UnsealSections } from './unseal-sections.js';

export interface OpenSectionsParts {
  readonly keyring: Keyring;
  readonly proofs: Proofs;
  readonly limits: LimitReading;
  readonly transactions: TenantTransactions;
  readonly destroyed: Pick<DestroyedKeys, 'without'>;
  readonly sections: UnsealSections;
  readonly channels: ReplyChannels;
  readonly clock: () => Date;
}

/**
 * Opens sealed sections of records for a stated purpose: against policy's leave, audit's receipt that it is recorded, and
 * control's word that the admin whom it names is asking now. Of each section only what the purpose needs is answered, sealed to
 * the key that the leave names.
 */
export class OpenSections {
  constructor(private readonly parts: OpenSectionsParts) {}

  /**
   * @throws AppError `UNAUTHENTICATED`, `FORBIDDEN` with `details.reason`, `RATE_LIMITED`, `GRANT_CONSUMED` for a batch number
   * that has been used, `KEY_UNAVAILABLE`, `UNAVAILABLE`
   */
  async run(request: OpenSectionsRequest): Promise<OpenSectionsReply> {
    const { keyring, proofs, limits, destroyed, sections, clock } = this.parts;
    const now = clock();
    const reading = proofs.verifyReading(request, now);
    const reader = verifyToken(keyring, 'pc-principal+jwt', 'control', request.assertion, now);
    demand(decideReader(reading, reader));
    demand(decideReplyKey(reading, replyKeyHash(fromB64u(request.replyKey))));
    demand(decideBatch(reading, request.batch, request.boxes.length));
    await limits.run(reading, request.boxes.length, now);
    const { org, purpose } = reading;
    const keys = await destroyed.without(org, await this.claim(reading, request));
    return { sealed: this.seal(request, await sections.run({ org, purpose, boxes: request.boxes, keys })) };
  }

  /** Uses the batch number up. Not durable, for the reason that openings of credentials aren't: see `ClaimGrants`. */
  private async claim(reading: ReadingClaims, request: OpenSectionsRequest): Promise<StoredSubjectKey[]> {
    const { org, jti, exp } = reading;
    const batch = { jti: `${jti}.${request.batch}`, exp };
    const keyIds = request.boxes.map(({ keyId }) => keyId);
    const statements = [consumptionOf(org, [batch]), subjectKeysOf(org, keyIds)];
    const [used = [], found = []] = await this.parts.transactions.together(org, statements, {
      durable: false,
    });
    demandConsumed(used.length === 1);
    return toSubjectKeys(found);
  }

  private seal(request: OpenSectionsRequest, opened: readonly OpenedSection[]): string {
    const plaintext = Buffer.from(JSON.stringify(opened), 'utf8');
    try {
      return b64u(this.parts.channels.to(request.replyKey).seal(sectionsSealing(request), plaintext));
    } finally {
      plaintext.fill(0);
    }
  }
}

import { randomBytes } from 'node:crypto';
import {
  b64u,
  payloadHash,
  verifyToken,
  verifyTokenOfThePast,
  type AppendEntry,
  type AuditRecord,
  type GrantClaims,
  type IntentEntry,
  type Keyring,
  type OutcomeEntry,
  type ReadingEntry,
  type ServiceName,
} from '@portcullis/contracts';
import {
  deadlineOf,
  denialRecord,
  factRecord,
  intentRecord,
  interruptedRecordId,
  outcomeRecord,
} from '../records/compose-record.js';
import { readingRecord } from '../records/reading-record.js';
import type { Acceptance } from '../records/record-parts.js';
import type { AppendClock } from './append-clock.js';
import { checkAction, checkKind, checkOperation, checkRecordId } from './entry-rights.js';
import type { FindEarlier } from './find-earlier.js';
import type { Granted } from './issue-receipt.js';

/** An entry that may be recorded. */
export interface Accepted {
  record: AuditRecord;
  /** Of an intent or a reading: what its receipt will be bound to. */
  grant: { claims: Granted; hash: string } | null;
}

export interface AcceptanceOptions {
  keyring: Keyring;
  clock: AppendClock;
  /** The system's time, for the validity of tokens. */
  now(): Date;
  intentDeadlineMs: number;
}

/** Replicas' clocks differ: from so long before the deadline it is looked whether audit has given up on the call. */
const DEADLINE_MARGIN_MS = 5000;

/** Verifies an entry and turns it into the record that audit answers for. */
export class AcceptEntry {
  constructor(
    private readonly options: AcceptanceOptions,
    private readonly earlier: FindEarlier,
  ) {}

  /**
   * @throws AppError `FORBIDDEN` for what this caller may not have recorded, `UNAUTHENTICATED` for a grant or denial
   * that policy did not issue to audit or that has expired, `INVALID_ARGUMENT`.
   */
  async run(entry: AppendEntry, caller: ServiceName, deadline: number): Promise<Accepted> {
    checkKind(caller, entry.kind);
    checkRecordId(caller, entry.recordId, this.options.now().getTime());
    switch (entry.kind) {
      case 'intent':
        return this.#intent(entry, caller);
      case 'reading':
        return this.#reading(entry, caller);
      case 'denial': {
        // Evidence that opens nothing: it may be late, when audit could not be reached.
        const { keyring, now } = this.options;
        const denial = verifyTokenOfThePast(keyring, 'pc-denial+jwt', 'policy', entry.denial, now());
        checkOperation(caller, denial.op);
        return { record: denialRecord(entry, denial, this.#acceptance(caller)), grant: null };
      }
      case 'outcome':
        return this.#outcome(entry, caller, deadline);
      case 'fact':
        checkAction(caller, entry.action);
        return { record: factRecord(entry, this.#acceptance(caller)), grant: null };
    }
  }

  #intent(entry: IntentEntry, caller: ServiceName): Accepted {
    const { keyring, now, intentDeadlineMs } = this.options;
    const claims = verifyToken(keyring, 'pc-grant+jwt', 'policy', entry.grant, now());
    checkOperation(caller, claims.op);
    const hash = b64u(payloadHash(entry.grant));
    const terms = { ...this.#acceptance(caller), deadlineMs: intentDeadlineMs };
    return { record: intentRecord(entry, claims, hash, terms), grant: { claims, hash } };
  }

  #reading(entry: ReadingEntry, caller: ServiceName): Accepted {
    const { keyring, now } = this.options;
    const claims = verifyToken(keyring, 'pc-reading+jwt', 'policy', entry.reading, now());
    checkOperation(caller, claims.op);
    const hash = b64u(payloadHash(entry.reading));
    return { record: readingRecord(entry, claims, hash, this.#acceptance(caller)), grant: { claims, hash } };
  }

  async #outcome(entry: OutcomeEntry, caller: ServiceName, deadline: number): Promise<Accepted> {
    const { keyring, now } = this.options;
    // Outcomes are repeated until they are recorded, for longer than a grant lives.
    const claims = verifyTokenOfThePast(keyring, 'pc-grant+jwt', 'policy', entry.grant, now());
    checkOperation(caller, claims.op);
    const hash = b64u(payloadHash(entry.grant));
    const interrupted = await this.#wasInterrupted(claims, hash, deadline);
    return {
      record: outcomeRecord(entry, claims, hash, { ...this.#acceptance(caller), interrupted }),
      grant: null,
    };
  }

  async #wasInterrupted(claims: GrantClaims, hash: string, deadline: number): Promise<boolean> {
    const { now, intentDeadlineMs } = this.options;
    if (now().getTime() < deadlineOf(claims, intentDeadlineMs).getTime() - DEADLINE_MARGIN_MS) return false;
    const first = await this.earlier.run(claims.org, interruptedRecordId(claims.org, hash), deadline);
    return first !== undefined;
  }

  #acceptance(caller: ServiceName): Acceptance {
    return {
      time: this.options.clock.now(),
      nonce: b64u(randomBytes(16)),
      source: caller as Acceptance['source'],
    };
  }
}

import {
  AppError,
  generateReplyKey,
  MAX_READING_BOXES,
  MAX_SECTIONS,
  newId,
  READING_OPERATION,
  replyKeyHash,
  VERBS,
  type AppendEntry,
  type ReadingAbout,
  type ReplyKey,
  type VerbCalls,
} from '@portcullis/contracts';
import { decideAdmin } from '../admin/decide-admin.js';
import type { Asked, Statements } from '../authorize/statements.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import type { Reader } from './current-reader.js';

/** Leave to read, recorded by audit. */
export interface Leave {
  /** With its tag for the vault. */
  readonly reading: string;
  readonly receipt: string;
  readonly replyKey: ReplyKey;
  /** Number of the next batch: each serves once. */
  batch: number;
}

interface Kept extends Leave {
  readonly reader: { sub: string; sid: string };
  /** Milliseconds since the epoch. */
  readonly until: number;
}

export interface LeaveParts {
  decisions: PolicyDecisions;
  statements: Statements;
  audit: VerbCalls;
  now(): Date;
}

/** A leave lives for 30 seconds; what is left of it has to do for one batch. */
const USED_MS = 20_000;

/**
 * Leave to have sealed sections opened: decided anew every twenty seconds, under the policy of that moment, and recorded before
 * anything is read by it.
 */
export class ReadingLeaves {
  #kept: Kept | undefined;

  constructor(
    private readonly parts: LeaveParts,
    private readonly about: ReadingAbout,
  ) {}

  /** @throws AppError DENIED_BY_POLICY, which is recorded too; AUDIT_UNAVAILABLE; UNAVAILABLE when nothing may be decided */
  async for(reader: Reader): Promise<Leave> {
    const kept = this.#kept;
    if (kept !== undefined && this.#serves(kept, reader)) return kept;
    this.#kept = await this.#ask(reader);
    return this.#kept;
  }

  #serves({ until, reader, batch }: Kept, { principal: { claims } }: Reader): boolean {
    if (this.parts.now().getTime() >= until) return false;
    if (reader.sub !== claims.sub || reader.sid !== claims.sid) return false;
    return (batch + 1) * MAX_SECTIONS <= MAX_READING_BOXES;
  }

  async #ask({ principal }: Reader): Promise<Kept> {
    const { decisions, statements, now } = this.parts;
    const { org, sub, sid } = principal.claims;
    const question = { asker: principal.asker, operation: READING_OPERATION, secret: null } as const;
    const { decision } = decisions.decide(org, (policy) => decideAdmin(policy, question));
    const asked = askedFor(principal);
    if (decision.decision !== 'allow') {
      const denial = statements.denial(asked, decision, undefined);
      await this.#record({ kind: 'denial', recordId: newId(), denial, sealed: [], argumentBytes: 0 });
      const { rule, revision } = decision;
      throw new AppError('DENIED_BY_POLICY', decision.message, { details: { rule, revision } });
    }
    const replyKey = generateReplyKey();
    const rkh = replyKeyHash(replyKey.publicKey);
    const terms = { purpose: 'simulation', about: this.about, boxes: MAX_READING_BOXES, rkh } as const;
    const until = now().getTime() + USED_MS;
    const { audit, vault } = statements.reading(asked, decision, terms);
    const receipt = await this.#record({ kind: 'reading', recordId: newId(), reading: audit });
    if (receipt === null) throw unrecorded(null);
    return { reading: vault, receipt, replyKey, batch: 0, reader: { sub, sid }, until };
  }

  async #record(entry: AppendEntry): Promise<string | null> {
    const { results } = await this.parts.audit
      .call(VERBS.append, { entries: [entry] })
      .catch((cause: unknown) => {
        throw unrecorded(cause);
      });
    const [result] = results;
    if (result?.status !== 'recorded') throw unrecorded(result);
    return result.receipt;
  }
}

const askedFor = (principal: Reader['principal']): Asked => ({
  principal,
  call: newId(),
  attempt: 1,
  operation: READING_OPERATION,
  tool: null,
  definitionDigest: null,
  argumentDigest: null,
  approval: null,
  inputs: null,
});

const unrecorded = (cause: unknown): AppError =>
  new AppError('AUDIT_UNAVAILABLE', 'Reading sealed sections could not be recorded, so nothing was read.', {
    cause,
  });

import { AppError, type Moment } from '@portcullis/contracts';
import { Turns } from '@portcullis/platform';
import type { FoldBounds, FoldedState } from '@portcullis/eventing';
import { Snapshot, type Fact, type PolicyState } from '@portcullis/policy-engine';
import type { FactReader, LoadedPolicy } from '../replica/fact-reader.js';
import { PastPolicies } from './past-policies.js';

export interface HistoryParts {
  reader: Pick<FactReader, 'fold'>;
  /** Of the last fact that this replica has verified; -1 when there is none. */
  verifiedRevision(org: string): bigint;
  now(): Date;
}

/** Reading the past must not slow what is decided now. */
const LIMITS = {
  running: 2,
  waiting: 64,
  refusal: 'Too many questions about the past are being answered. Try again.',
};

/** The policy of an organisation as it was: every fact of a moment and none after it. */
export class PolicyHistory {
  readonly #past = new PastPolicies();
  readonly #turns = new Turns(LIMITS);

  constructor(private readonly parts: HistoryParts) {}

  /**
   * @throws AppError INVALID_ARGUMENT for a moment that has not come yet, NOT_FOUND for one before the first fact,
   * RATE_LIMITED, UNAVAILABLE; FAILED_PRECONDITION when a fact can't be trusted or is missing
   */
  async at(org: string, moment: Moment): Promise<Snapshot> {
    if ('time' in moment && moment.time > this.parts.now().toISOString()) {
      throw new AppError('INVALID_ARGUMENT', 'The moment has not come yet: policy is known up to now.');
    }
    const { state, revision } = await this.#turns.take(() => this.#load(org, moment));
    if (revision < 0n) throw new AppError('NOT_FOUND', 'The organisation had no policy at that moment.');
    return new Snapshot(state, Number(revision));
  }

  async #load(org: string, moment: Moment): Promise<LoadedPolicy> {
    const start = this.#past.latest(org, (policy) => isUpTo(moment, policy));
    if ('revision' in moment && BigInt(moment.revision) === start?.revision) return start;
    const seen = this.parts.verifiedRevision(org);
    const folded = await this.parts.reader.fold(org, start, wantedAfter(start, moment));
    requireWhole(moment, folded, seen);
    if (folded.revision >= 0n) this.#past.keep(org, folded);
    return folded;
  }
}

/** Facts that this replica has seen and the store no longer has were removed: then the rest proves nothing. */
function requireWhole(moment: Moment, { revision, ended }: FoldedState<PolicyState>, seen: bigint): void {
  if (ended && revision < seen) {
    throw new AppError('FAILED_PRECONDITION', `Facts after ${revision} of the policy are missing.`, {
      details: { reason: 'chain_broken', revision: Number(revision) },
    });
  }
  if ('revision' in moment && revision < BigInt(moment.revision)) {
    throw new AppError(
      'INVALID_ARGUMENT',
      `There is no revision ${moment.revision} yet: the last is ${revision}.`,
    );
  }
}

/** Signed times never go back along the stream, so what a time wants is a beginning of it. */
const wantedAfter = (start: LoadedPolicy | undefined, moment: Moment): FoldBounds<Fact> =>
  'time' in moment
    ? { includes: ({ data }) => data.time <= moment.time }
    : { limit: moment.revision - Number(start?.revision ?? -1n) };

const isUpTo = (moment: Moment, { state, revision }: LoadedPolicy): boolean =>
  'time' in moment ? state.time <= moment.time : revision <= BigInt(moment.revision);

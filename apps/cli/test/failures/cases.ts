import type { ErrorCode } from '@portcullis/contracts';
import type { Kind } from './tools.js';

/** `everything`: as where one disk is there for all, logs too; NATS is restarted then, so that everybody writes some. */
export type PartName =
  'policy' | 'audit' | 'vault' | 'control' | 'nats' | 'postgres' | 'eventstore' | 'everything';

export type FaultName = 'stopped' | 'paused' | 'slow' | 'restarted' | 'disk full';

/**
 * What calls get that are sent and answered under the fault. `works`: what they get without it. `refused`: an error, and
 * nothing is done. `either`: what is remembered for up to a minute decides, or the fault is shorter than a call.
 */
export type Expectation = 'works' | 'refused' | 'either';

export interface FailureCase {
  part: PartName;
  fault: FaultName;
  expect: Record<Kind, Expectation>;
  /** Every refusal under the fault and while it heals has one of these codes. */
  codes: readonly ErrorCode[];
  /** Every kind of call works again so many milliseconds after the fault has ended (restarted: after the kill). */
  healsWithinMs: number;
  /** The expectation is of calls that are sent so many milliseconds after the fault has begun; default: at once. */
  takesEffectMs?: number;
  /** The fault lasts at least so many milliseconds. */
  atLeastMs?: number;
  /** Parts that may end by this fault: they are brought back by whoever supervises them. */
  mayEnd?: readonly string[];
}

const all = (expectation: Expectation): Record<Kind, Expectation> => ({
  read: expectation,
  credential: expectation,
  write: expectation,
  denied: expectation,
});
const WORKS = all('works');
const REFUSED = all('refused');
const EITHER = all('either');

const AWAY: readonly ErrorCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED'];
/** Of calls that were under way, also when it was another part that failed. */
const UNDER_WAY: readonly ErrorCode[] = ['AUDIT_UNAVAILABLE', 'OUTCOME_UNRECORDED', 'STALE'];
const CODES = [...AWAY, ...UNDER_WAY];

const HEALS = 20_000;
/** PostgreSQL after a kill: recovery, and shared memory that its last children hold for a moment. */
const DATABASE_HEALS = 30_000;
const FULL_FOR_MS = 8_000;
/** Replicas stop serving when they could not renew their lease from control for two seconds, and one more of grace. */
const LEASE_MS = 3_000;

type Faults = Partial<Record<FaultName, Partial<Omit<FailureCase, 'part' | 'fault'>>>>;

const casesOf = (part: PartName, faults: Faults): FailureCase[] =>
  Object.entries(faults).map(([fault, given]) => ({
    part,
    fault: fault as FaultName,
    expect: EITHER,
    codes: CODES,
    healsWithinMs: HEALS,
    ...given,
  }));

/** A part that every call needs. Slow: a lease that can't be renewed in time lapses, and nothing is served then. */
const ESSENTIAL: Faults = {
  stopped: { expect: REFUSED },
  paused: { expect: REFUSED },
  slow: {},
  restarted: {},
};

const WITHOUT_VAULT = { ...WORKS, credential: 'refused' } as const;
const WITHOUT_DATABASE = { ...EITHER, credential: 'refused' } as const;

export const CASES: readonly FailureCase[] = [
  ...casesOf('policy', ESSENTIAL),
  ...casesOf('audit', { ...ESSENTIAL, slow: { expect: WORKS } }),
  ...casesOf('vault', {
    stopped: { expect: WITHOUT_VAULT },
    paused: { expect: WITHOUT_VAULT },
    slow: { expect: { ...WORKS, credential: 'either' } },
    restarted: {},
  }),
  ...casesOf('control', {
    stopped: { expect: REFUSED, takesEffectMs: LEASE_MS },
    paused: { expect: REFUSED, takesEffectMs: LEASE_MS },
    slow: {},
    restarted: {},
  }),
  ...casesOf('nats', ESSENTIAL),
  ...casesOf('postgres', {
    stopped: { expect: WITHOUT_DATABASE, healsWithinMs: DATABASE_HEALS },
    paused: { expect: WITHOUT_DATABASE },
    slow: {},
    restarted: { healsWithinMs: DATABASE_HEALS },
    // Its log of transactions has room for a while; then it refuses, or ends itself.
    'disk full': { atLeastMs: FULL_FOR_MS, healsWithinMs: DATABASE_HEALS, mayEnd: ['postgres'] },
  }),
  ...casesOf('eventstore', {
    ...ESSENTIAL,
    // The database has a page or two left, now and then.
    'disk full': { atLeastMs: FULL_FOR_MS },
  }),
  ...casesOf('everything', {
    'disk full': { atLeastMs: FULL_FOR_MS, healsWithinMs: DATABASE_HEALS, mayEnd: ['postgres'] },
  }),
];

/** Policy, audit, vault, control and NATS write nothing but their log; see `everything`. */
export const WRITES_ITS_LOG_ONLY: readonly PartName[] = ['policy', 'audit', 'vault', 'control', 'nats'];

import {
  decideAdmission,
  fullBucket,
  isIdle,
  type Admission,
  type Bucket,
  type RateLimit,
} from './admission.js';

export type LimitScope = 'organisation' | 'server' | 'user';
export type OpenRates<Scope extends LimitScope = LimitScope> = Readonly<Record<Scope, RateLimit>>;

export interface LimitedParty<Scope extends LimitScope = LimitScope> {
  readonly scope: Scope;
  /** Organisation, server or user id. */
  readonly id: string;
}

/** What is to be opened, and who is to blame for it. */
export interface Wanted<Scope extends LimitScope> {
  readonly org: string;
  readonly parties: readonly LimitedParty<Scope>[];
  /** How many at once; 1 where it isn't said. */
  readonly count?: number;
}

export interface Refusal extends LimitedParty {
  readonly verdict: 'limited' | 'locked';
  readonly retryAfterMs: number;
  readonly alarm: Admission['alarm'];
}

/** Buckets that are full again are dropped once there are this many. */
const SWEEP_AT = 10_000;

/**
 * The vault's own rate limits on opening, whatever policy allows: what a stolen gateway could at most take. Counted
 * per replica, in memory.
 */
export class OpenLimits<Scope extends LimitScope = LimitScope> {
  private readonly buckets = new Map<string, { bucket: Bucket; scope: Scope }>();
  private sweepAt = SWEEP_AT;

  constructor(private readonly rates: OpenRates<Scope>) {}

  /** Takes as many tokens from every party's bucket, or none and says who is over the limit. */
  admit({ org, parties, count = 1 }: Wanted<Scope>, now: number): Refusal | null {
    const taken: { key: string; scope: Scope; bucket: Bucket }[] = [];
    for (const { scope, id } of parties) {
      const key = `${scope} ${org} ${id}`;
      const limit = this.rates[scope];
      const current = this.buckets.get(key)?.bucket ?? fullBucket(limit, now);
      const { verdict, bucket, retryAfterMs, alarm } = decideAdmission(current, limit, now, count);
      if (verdict !== 'admitted') {
        this.buckets.set(key, { bucket, scope });
        return { scope, id, verdict, retryAfterMs, alarm };
      }
      taken.push({ key, scope, bucket });
    }
    for (const { key, scope, bucket } of taken) this.buckets.set(key, { bucket, scope });
    if (this.buckets.size > this.sweepAt) this.sweep(now);
    return null;
  }

  private sweep(now: number): void {
    for (const [key, { bucket, scope }] of this.buckets) {
      if (isIdle(bucket, this.rates[scope], now)) this.buckets.delete(key);
    }
    this.sweepAt = Math.max(SWEEP_AT, this.buckets.size * 2);
  }
}

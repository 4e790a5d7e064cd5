import {
  decideAdmission,
  fullBucket,
  isIdle,
  type Admission,
  type Bucket,
  type RateLimit,
} from './admission.js';

export type LimitScope = 'organisation' | 'server' | 'user';
export type OpenRates = Readonly<Record<LimitScope, RateLimit>>;

export interface LimitedParty {
  readonly scope: LimitScope;
  /** Organisation, server or user id. */
  readonly id: string;
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
export class OpenLimits {
  private readonly buckets = new Map<string, { bucket: Bucket; scope: LimitScope }>();
  private sweepAt = SWEEP_AT;

  constructor(private readonly rates: OpenRates) {}

  /** Takes one token from every party's bucket, or none and says who is over the limit. */
  admit(org: string, parties: readonly LimitedParty[], now: number): Refusal | null {
    const taken: { key: string; scope: LimitScope; bucket: Bucket }[] = [];
    for (const { scope, id } of parties) {
      const key = `${scope} ${org} ${id}`;
      const limit = this.rates[scope];
      const current = this.buckets.get(key)?.bucket ?? fullBucket(limit, now);
      const { verdict, bucket, retryAfterMs, alarm } = decideAdmission(current, limit, now);
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

import type { FactEntry, ReadingClaims } from '@portcullis/contracts';
import { fact } from '../facts/facts.js';
import { writeFact } from '../facts/outbox.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import type { RateLimit } from './admission.js';
import { tooMany } from './limit-opening.js';
import { OpenLimits, type Refusal } from './open-limits.js';

/**
 * Four times what policy asks for by itself, so that only somebody else ever meets it. By each replica of the vault, ten seconds'
 * worth at once.
 */
const BOXES = { perSecond: 4000, burst: 40_000 };

/** Holds the opening of sealed sections to the vault's own rates, whatever policy gives leave for. */
export class LimitReading {
  private readonly limits: OpenLimits<'organisation' | 'user'>;

  constructor(
    private readonly transactions: TenantTransactions,
    rate: RateLimit = BOXES,
  ) {
    this.limits = new OpenLimits({ organisation: rate, user: rate });
  }

  /** @throws AppError `RATE_LIMITED` with `details: {scope, locked, retryAfterMs}` */
  async run(reading: ReadingClaims, boxes: number, now: Date): Promise<void> {
    const { org, sub } = reading;
    const parties = [
      { scope: 'user', id: sub },
      { scope: 'organisation', id: org },
    ] as const;
    const refusal = this.limits.admit({ org, parties, count: boxes }, now.getTime());
    if (refusal === null) return;
    if (refusal.alarm !== null) {
      const alarm = alarmOf(reading, refusal, now);
      await this.transactions.run(org, (manager) => writeFact(manager, alarm));
    }
    throw tooMany(refusal, 'sealed sections');
  }
}

const alarmOf = (reading: ReadingClaims, refusal: Refusal, now: Date): FactEntry =>
  fact(
    {
      org: reading.org,
      action: 'vault.alarm',
      actor: { kind: 'service', id: 'vault' },
      target: { type: refusal.scope, id: refusal.id },
      data: {
        state: refusal.alarm,
        purpose: reading.purpose,
        sub: reading.sub,
        sid: reading.sid,
        call: reading.call,
      },
    },
    [refusal.scope, refusal.id, String(refusal.alarm), reading.jti],
    now,
  );

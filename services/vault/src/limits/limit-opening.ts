import { AppError, type FactEntry } from '@portcullis/contracts';
import { fact } from '../facts/facts.js';
import { writeFact } from '../facts/outbox.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import type { LimitedParty, OpenLimits, Refusal } from './open-limits.js';
import type { ServerGrant } from '../proof/decide-proof.js';

/** Holds opening to the vault's own rates, and raises the alarm in the audit log when somebody exceeds them. */
export class LimitOpening {
  constructor(
    private readonly limits: OpenLimits,
    private readonly transactions: TenantTransactions,
  ) {}

  /** @throws AppError `RATE_LIMITED` with `details: {scope, locked, retryAfterMs}` */
  async run(grant: ServerGrant, now: Date): Promise<void> {
    const refusal = this.limits.admit({ org: grant.org, parties: partiesOf(grant) }, now.getTime());
    if (refusal === null) return;
    if (refusal.alarm !== null) {
      const alarm = alarmOf(grant, refusal, now);
      await this.transactions.run(grant.org, (manager) => writeFact(manager, alarm));
    }
    throw tooMany(refusal, 'credentials');
  }
}

/** The narrowest first: the refusal names whoever is the cause. */
const partiesOf = (grant: ServerGrant): LimitedParty[] => [
  { scope: 'user', id: grant.sub },
  { scope: 'server', id: grant.srv },
  { scope: 'organisation', id: grant.org },
];

const alarmOf = (grant: ServerGrant, refusal: Refusal, now: Date): FactEntry =>
  fact(
    {
      org: grant.org,
      action: 'vault.alarm',
      actor: { kind: 'service', id: 'vault' },
      target: { type: refusal.scope, id: refusal.id },
      data: { state: refusal.alarm, srv: grant.srv, sub: grant.sub, sid: grant.sid, call: grant.call },
    },
    [refusal.scope, refusal.id, String(refusal.alarm), grant.jti],
    now,
  );

/** @param what is being opened */
export function tooMany({ scope, verdict, retryAfterMs }: Refusal, what: string): AppError {
  const locked = verdict === 'locked';
  const text = locked
    ? `Opening ${what} is locked for this ${scope}: too many requests went on after the limit.`
    : `Too many ${what} are being opened for this ${scope}.`;
  return new AppError('RATE_LIMITED', text, { details: { scope, locked, retryAfterMs } });
}

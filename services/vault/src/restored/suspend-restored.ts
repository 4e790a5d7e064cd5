import type { FactEntry } from '@portcullis/contracts';
import { fact } from '../facts/facts.js';
import { writeFact } from '../facts/outbox.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';

/** What happened to a secret that the database no longer knows of. */
export type Later = 'rotated' | 'deleted';

/** Suspends a secret that is older than what audit has recorded, and raises the alarm, once. */
export class SuspendRestored {
  constructor(
    private readonly transactions: TenantTransactions,
    private readonly clock: () => Date,
  ) {}

  /** @throws AppError `UNAVAILABLE` */
  async run(secret: StoredSecret, later: Later): Promise<void> {
    const { org, secretId, version } = secret;
    const alarm = alarmOf(secret, later, this.clock());
    await this.transactions.run(org, async (manager) => {
      await manager.query(
        'UPDATE secrets SET suspended = true WHERE org_id = $1 AND secret_id = $2 AND version = $3',
        [org, secretId, version],
      );
      await writeFact(manager, alarm);
    });
  }
}

const alarmOf = ({ org, secretId, srv, version }: StoredSecret, later: Later, now: Date): FactEntry =>
  fact(
    {
      org,
      action: 'vault.alarm',
      actor: { kind: 'service', id: 'vault' },
      target: { type: 'secret', id: secretId },
      data: { state: 'restored', srv, version, later },
    },
    ['restored', secretId, String(version)],
    now,
  );

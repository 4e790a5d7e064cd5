import { AppError, MAX_RECORDED, VERBS, type VerbCalls } from '@portcullis/contracts';
import { laterFactIds, storedFactId } from '../facts/secret-facts.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import type { LaterRecords } from './later-records.js';
import type { SuspendRestored } from './suspend-restored.js';

export interface CurrentVersionsParts {
  readonly audit: VerbCalls;
  readonly later: LaterRecords;
  readonly suspend: Pick<SuspendRestored, 'run'>;
}

/**
 * Notices a database that was restored to an earlier state (P1): an older version of a credential, or one that was deleted,
 * would open as if it were the current one.
 */
export class CurrentVersions {
  constructor(private readonly parts: CurrentVersionsParts) {}

  /**
   * @throws AppError `CREDENTIAL_SUSPENDED` for a secret that is not what was stored last, and it is suspended from then on;
   * whatever asking audit fails with: then it is not known, and nothing may be opened
   */
  async demand(org: string, secrets: readonly StoredSecret[]): Promise<void> {
    const held = secrets.map((secret) => ({
      id: `${secret.secretId} ${secret.version}`,
      laterFacts: laterFactIds(secret),
    }));
    const later = await this.parts.later.of(org, held);
    for (const [index, secret] of secrets.entries()) {
      const [rotated = false, deleted = false] = later[index] ?? [];
      if (!rotated && !deleted) continue;
      await this.parts.suspend.run(secret, rotated ? 'rotated' : 'deleted');
      throw outdated(secret);
    }
  }

  /** The latest version that was ever stored, at least the one that is there: what is stored next has to come after it. */
  async newest(secret: StoredSecret): Promise<number> {
    for (let newest = secret.version; ;) {
      const versions = Array.from({ length: MAX_RECORDED }, (_, index) => newest + 1 + index);
      const { recorded } = await this.parts.audit.call(VERBS.recorded, {
        org: secret.org,
        recordIds: versions.map((version) => storedFactId(secret, version)),
      });
      const last = recorded.lastIndexOf(true);
      if (last < 0) return newest;
      newest += last + 1;
      if (last < MAX_RECORDED - 1) return newest;
    }
  }
}

const outdated = ({ slot, srv, ownerKind: owner }: StoredSecret): AppError =>
  new AppError(
    'CREDENTIAL_SUSPENDED',
    `The credential for slot "${slot}" is not the one that was stored last: the database was restored. Store it again.`,
    { details: { slot, srv, owner, reason: 'restored' } },
  );

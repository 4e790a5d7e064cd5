import { AppError, MAX_RECORDED, VERBS, type VerbCalls } from '@portcullis/contracts';
import { laterFactIds, storedFactId } from '../facts/secret-facts.js';
import type { StoredSecret } from '../storage/stored-secret.js';
import type { SuspendRestored } from './suspend-restored.js';

export interface CurrentVersionsParts {
  readonly audit: VerbCalls;
  readonly suspend: Pick<SuspendRestored, 'run'>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** So long what audit has said of a version counts. */
const KEPT_MS = 60_000;
const MAX_KEPT = 50_000;

/**
 * Notices a database that was restored to an earlier state (P1): an older version of a credential, or one that was deleted,
 * would open as if it were the current one. Audit, which such a restore does not touch, is asked whether it has recorded what
 * came later; the answer counts for a minute.
 */
export class CurrentVersions {
  private readonly known = new Map<string, number>();
  private readonly asking = new Map<string, Promise<void>>();

  constructor(private readonly parts: CurrentVersionsParts) {}

  /**
   * @throws AppError `CREDENTIAL_SUSPENDED` for a secret that is not what was stored last, and it is suspended from then on;
   * whatever asking audit fails with: then it is not known, and nothing may be opened
   */
  async demand(secrets: readonly StoredSecret[]): Promise<void> {
    await Promise.all(secrets.map((secret) => this.demandOne(secret)));
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

  private async demandOne(secret: StoredSecret): Promise<void> {
    const name = `${secret.org} ${secret.secretId} ${secret.version}`;
    const at = this.known.get(name);
    if (at !== undefined && this.parts.now() - at < KEPT_MS) return;
    const running = this.asking.get(name) ?? this.ask(name, secret).finally(() => this.asking.delete(name));
    this.asking.set(name, running);
    await running;
  }

  private async ask(name: string, secret: StoredSecret): Promise<void> {
    const at = this.parts.now();
    const { recorded } = await this.parts.audit.call(VERBS.recorded, {
      org: secret.org,
      recordIds: laterFactIds(secret),
    });
    if (recorded.length !== 2)
      throw new AppError('UNAVAILABLE', 'Audit did not say whether the secret is current.');
    if (recorded.includes(true)) {
      this.known.delete(name);
      await this.parts.suspend.run(secret, recorded[0] === true ? 'rotated' : 'deleted');
      throw outdated(secret);
    }
    this.remember(name, at);
  }

  private remember(name: string, at: number): void {
    this.known.delete(name);
    this.known.set(name, at);
    const oldest = this.known.keys().next().value;
    if (this.known.size > MAX_KEPT && oldest !== undefined) this.known.delete(oldest);
  }
}

const outdated = ({ slot, srv, ownerKind: owner }: StoredSecret): AppError =>
  new AppError(
    'CREDENTIAL_SUSPENDED',
    `The credential for slot "${slot}" is not the one that was stored last: the database was restored. Store it again.`,
    { details: { slot, srv, owner, reason: 'restored' } },
  );

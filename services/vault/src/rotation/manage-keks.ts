import { AppError, newId, type FactEntry, type KeksReply, type Keyring } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';
import { writeFact } from '../facts/outbox.js';
import { kekIdOf, kindOf, parseKekId } from '../key-hierarchy/kek-id.js';
import type { KeyState, OrganisationKeys } from '../key-hierarchy/organisation-keys.js';
import type { KeyVersionRegister } from '../ports/key-versions.js';
import { KEK_RETIREMENT_LOCK } from '../storage/advisory-locks.js';
import { kekChanged } from './kek-facts.js';
import type { OwnerKeyRows } from './owner-key-rows.js';
import type { KeysByKek, RequestedBy, RewrapRun } from './rewrap-run.js';
import type { RewrapRuns } from './rewrap-runs.js';

export interface ManageKeksParts {
  readonly provider: Pick<
    OrganisationKeys,
    'reference' | 'primary' | 'describe' | 'targets' | 'organisationOf'
  >;
  readonly register: KeyVersionRegister;
  readonly jobs: DataSource;
  readonly rows: OwnerKeyRows;
  readonly runs: RewrapRuns;
  readonly keyring: Keyring;
  /** A rewrap has been begun. */
  readonly begun: () => void;
}

/** The life of key-encryption keys: one more version, everything moved to it, and the old one retired. */
export class ManageKeks {
  constructor(private readonly parts: ManageKeksParts) {}

  /** @throws AppError `KEY_UNAVAILABLE`, `UNAVAILABLE` */
  async status(): Promise<KeksReply> {
    const { provider, rows, runs } = this.parts;
    // First what seals: another replica may have rotated a moment ago.
    const primary = await provider.primary();
    const [described, byKek] = [await provider.describe(), await rows.byKek()];
    const keks = [...described, ...strangersIn(byKek, described, provider)];
    const run = await runs.running();
    const remaining = run === null ? 0 : await rows.countUnmoved(await provider.targets());
    return {
      primary,
      keks: keks.map((kek) => ({ ...kek, ownerKeys: byKek[kek.kekId] ?? 0 })),
      rewrap: run === null ? null : progressOf(run, remaining),
      lastReport: await runs.lastReport(),
    };
  }

  /**
   * Gives the primary key one more version. Replicas seal with it within seconds, and open what it sealed at once.
   * @param primary what the asker takes for the primary: of two who ask at the same time one rotates
   * @returns its id
   * @throws AppError `CONFLICT` when it is another one by now, `FAILED_PRECONDITION` where versions are not the vault's to
   * make; `KEY_UNAVAILABLE`
   */
  async rotate(by: RequestedBy, primary: string): Promise<string> {
    const { provider, register, keyring } = this.parts;
    const { reference } = provider;
    const now = await provider.primary();
    if (now !== primary)
      throw new AppError('CONFLICT', `"${primary}" does not seal (any more): "${now}" does.`);
    requireLocal(reference, 'rotated');
    const kekId = await this.recorded(by, async (manager) => {
      const version = await addVersion(manager, reference, parseKekId(primary)?.version ?? 0);
      return kekChanged('rotated', by, { kekId: kekIdOf(reference, version), now: keyring.clock() });
    });
    await register.of(reference, 'now');
    return kekId;
  }

  /** @throws AppError `CONFLICT` while one is running; `KEY_UNAVAILABLE` */
  async rewrap(by: RequestedBy, rowsPerSecond: number): Promise<{ rewrap: string; target: string }> {
    const { provider, rows, runs, keyring } = this.parts;
    const [target, before] = [await provider.primary(), await rows.byKek()];
    const run = {
      id: newId(),
      target,
      requestedBy: by,
      rowsPerSecond,
      before,
      startedAt: keyring.clock().toISOString(),
    };
    if (!(await runs.begin(run))) throw new AppError('CONFLICT', 'A rewrap is running already.');
    this.parts.begun();
    return { rewrap: run.id, target };
  }

  /**
   * From now on this version, and all before it, open nothing.
   * @throws AppError `INVALID_ARGUMENT` for what is no version of a configured key, `FAILED_PRECONDITION` for the one that
   * seals and as long as one of them wraps an owner key
   */
  async retire(by: RequestedBy, kekId: string): Promise<void> {
    const { provider, rows, keyring, register } = this.parts;
    const id = parseKekId(kekId);
    // Another replica may have rotated a moment ago.
    await provider.primary();
    const known = (await provider.describe()).map((status) => parseKekId(status.kekId));
    const newest = Math.max(
      0,
      ...known.map((it) => (it?.reference === id?.reference ? (it?.version ?? 0) : 0)),
    );
    if (id === null || id.version === null || newest === 0)
      throw new AppError('INVALID_ARGUMENT', `"${kekId}" is not a version of a key that is configured.`);
    requireLocal(id.reference, 'retired');
    if (id.version >= newest)
      throw new AppError('FAILED_PRECONDITION', `"${kekId}" is the version that seals: rotate first.`);
    const upTo = { reference: id.reference, version: id.version };
    await this.recorded(by, async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [KEK_RETIREMENT_LOCK]);
      requireUnused(await rows.byKek(manager), upTo);
      await raiseOldest(manager, { ...upTo, newest });
      return kekChanged('retired', by, { kekId, now: keyring.clock() });
    });
    await register.of(id.reference, 'now');
  }

  /** A change and the fact that tells of it, both or neither. Gives the key that the fact is about. */
  private recorded(
    { org }: RequestedBy,
    change: (manager: EntityManager) => Promise<FactEntry>,
  ): Promise<string> {
    return asOrganisation(this.parts.jobs, org, async (manager) => {
      const entry = await change(manager);
      await writeFact(manager, entry);
      return entry.target?.id ?? '';
    });
  }
}

/** @throws AppError `CONFLICT` when `after` is not the newest version (any more) */
async function addVersion(manager: EntityManager, reference: string, after: number): Promise<number> {
  const [row] = (await manager.query(
    `INSERT INTO key_versions (reference, oldest, newest) VALUES ($1, 1, 2)
     ON CONFLICT (reference) DO UPDATE SET newest = key_versions.newest + 1 RETURNING newest`,
    [reference],
  )) as { newest: number }[];
  if (row?.newest === after + 1) return row.newest;
  throw new AppError('CONFLICT', `"${reference}" has been rotated by somebody else meanwhile.`);
}

/** @throws AppError `FAILED_PRECONDITION` for a key whose versions its service keeps: Vault's, or a cloud's */
function requireLocal(reference: string, done: string): void {
  if (kindOf(reference) === 'local') return;
  throw new AppError(
    'FAILED_PRECONDITION',
    `Versions of "${reference}" are ${done} by whoever runs its service.`,
    {
      details: { key: reference },
    },
  );
}

function progressOf(run: RewrapRun, remaining: number): KeksReply['rewrap'] {
  const { id, target, moved, failed, rowsPerSecond, startedAt, problem } = run;
  return { rewrap: id, target, moved, failed, remaining, rowsPerSecond, startedAt, problem };
}

/** What wraps something and was not described: nobody's, or a version of a customer's key whose service is away. */
function strangersIn(
  byKek: KeysByKek,
  described: readonly KeyState[],
  provider: Pick<OrganisationKeys, 'organisationOf'>,
): KeyState[] {
  const known = new Set(described.map(({ kekId }) => kekId));
  return Object.keys(byKek)
    .filter((kekId) => !known.has(kekId))
    .map((kekId) => {
      const key = described.find((it) => parseKekId(kekId)?.reference === it.kekId);
      const organisation = provider.organisationOf(kekId);
      return { kekId, seals: false, opens: false, organisation, problem: key?.problem ?? null };
    });
}

interface UpTo {
  readonly reference: string;
  readonly version: number;
}

async function raiseOldest(
  manager: EntityManager,
  { reference, version, newest }: UpTo & { newest: number },
): Promise<void> {
  await manager.query(
    `INSERT INTO key_versions (reference, oldest, newest) VALUES ($1, $2, $3)
     ON CONFLICT (reference) DO UPDATE SET oldest = greatest(key_versions.oldest, excluded.oldest),
       newest = greatest(key_versions.newest, excluded.newest)`,
    [reference, version + 1, newest],
  );
}

/** @throws AppError `FAILED_PRECONDITION` saying how many owner keys would be lost */
function requireUnused(byKek: Readonly<Record<string, number>>, { reference, version }: UpTo): void {
  const under = Object.entries(byKek).filter(([kekId]) => {
    const id = parseKekId(kekId);
    return id?.reference === reference && (id.version ?? 0) <= version;
  });
  const keys = under.reduce((sum, [, count]) => sum + count, 0);
  if (keys === 0) return;
  throw new AppError(
    'FAILED_PRECONDITION',
    `${keys} owner keys are still wrapped by ${kekIdOf(reference, version)} or a version before it: rewrap first.`,
    { details: { ownerKeys: keys } },
  );
}

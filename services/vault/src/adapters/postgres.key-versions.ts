import { databaseAway } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { KeyVersionRegister, KeyVersions } from '../ports/key-versions.js';

/** What an answer may be old. */
const KEPT_MS = 2_000;
const NEVER_ROTATED: KeyVersions = { oldest: 1, newest: 1 };

interface Kept {
  readonly versions: KeyVersions;
  readonly at: number;
}

/** The register in the vault's own database: one row for each key that has been rotated or retired. */
export class PostgresKeyVersions implements KeyVersionRegister {
  private readonly kept = new Map<string, Kept>();

  /** @param now monotonic, milliseconds */
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async of(reference: string, fresh?: 'now'): Promise<KeyVersions> {
    const kept = this.kept.get(reference);
    if (fresh === undefined && kept !== undefined && this.now() - kept.at < KEPT_MS) return kept.versions;
    const at = this.now();
    const versions = await this.read(reference);
    this.kept.set(reference, { versions, at });
    return versions;
  }

  private async read(reference: string): Promise<KeyVersions> {
    try {
      const [row] = (await this.dataSource.query(
        'SELECT oldest, newest FROM key_versions WHERE reference = $1',
        [reference],
      )) as KeyVersions[];
      return row ?? NEVER_ROTATED;
    } catch (error) {
      throw databaseAway(error) ?? error;
    }
  }
}

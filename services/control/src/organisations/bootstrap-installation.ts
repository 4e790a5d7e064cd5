import { AppError, deterministicId } from '@portcullis/contracts';
import type { DataSource } from 'typeorm';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Person } from '../authentication/admin.js';
import type { BootstrapToken } from './bootstrap-token.js';
import type { Founded, FoundOrganisation } from './found-organisation.js';

export interface BootstrapParts {
  readonly dataSource: DataSource;
  readonly found: FoundOrganisation;
  readonly policy: PolicyCommands;
  readonly token: BootstrapToken;
}

/** Held while the home organisation is founded, so that two requests can't found two. Arbitrary. */
const BOOTSTRAP_LOCK = 7_203_201;

/**
 * Founds the home organisation: once, and only with the token that whoever set up the installation holds. All ids are
 * derived from the token, so a request that failed half-way is completed by sending it again.
 */
export class BootstrapInstallation {
  constructor(private readonly parts: BootstrapParts) {}

  /** The token has been checked before. @throws AppError `ALREADY_EXISTS` when there is an organisation. */
  async run(wanted: { name: string; admin: Person }): Promise<Founded> {
    const tokenHash = this.parts.token.hash;
    const { dataSource, found, policy } = this.parts;
    const org = deterministicId('portcullis/v1/home', tokenHash);
    const founder = deterministicId('portcullis/v1/home-founder', tokenHash);
    return dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [BOOTSTRAP_LOCK]);
      const [row] = await manager.query<{ count: string }[]>('SELECT organisation_count() AS count');
      if (row?.count !== '0')
        throw new AppError('ALREADY_EXISTS', 'This installation has its home organisation already.');
      return found.run({ org, founder, home: true, ...wanted }, null, () =>
        policy.sendAsInstallation(
          [{ type: 'RegisterOrganisation', org, founder, home: true }],
          deterministicId('portcullis/v1/register', org),
        ),
      );
    });
  }
}

import { deterministicId } from '@portcullis/contracts';
import type { PolicyCommands } from '../access/policy-commands.js';
import type { Admin, Person } from '../authentication/admin.js';
import type { Founded, FoundOrganisation } from './found-organisation.js';

/** Founds an organisation for an operator of the home organisation. Names are unique within the installation. */
export class CreateOrganisation {
  constructor(
    private readonly found: FoundOrganisation,
    private readonly policy: PolicyCommands,
  ) {}

  /** @throws AppError `ALREADY_EXISTS` when an organisation of this name was founded before. */
  run(admin: Admin, wanted: { name: string; admin: Person }): Promise<Founded> {
    const org = deterministicId(
      'portcullis/v1/organisation',
      admin.principal.org,
      wanted.name.normalize('NFKC').toLowerCase(),
    );
    const founder = deterministicId('portcullis/v1/founder', org);
    return this.found.run({ org, founder, home: false, ...wanted }, admin, () =>
      this.policy.send(
        admin,
        [{ type: 'RegisterOrganisation', org, founder, home: false }],
        deterministicId('portcullis/v1/register', org),
      ),
    );
  }
}

import { AppError, VERBS, type VerbCaller } from '@portcullis/contracts';
import type { EntityManager } from 'typeorm';
import type { Admin, Person } from '../authentication/admin.js';
import { ApiKeyRow, OrganisationRow, UserRow } from '../database/rows.js';
import { newKeyRow, SCOPES, type KeyMaker } from '../keys/key-maker.js';
import type { DirectoryChanges, Note } from '../outbox/directory-changes.js';

/** An organisation to be. The ids are derived from the request, so that a repeated one completes what was begun. */
export interface Founding {
  readonly org: string;
  readonly founder: string;
  readonly name: string;
  readonly home: boolean;
  readonly admin: Person;
}

export interface Founded {
  readonly org: string;
  readonly founder: string;
  readonly keyId: string;
  /** The admin key, once. */
  readonly key: string;
}

export interface FoundOrganisationParts {
  readonly changes: DirectoryChanges;
  readonly peers: VerbCaller;
  readonly keys: KeyMaker;
  readonly clock: () => Date;
}

/**
 * Founds an organisation. Order, and what a failure leaves behind:
 *
 * 1. the vault makes the founder's subject key (the same one when asked again): nothing refers to it yet;
 * 2. organisation and founder are written as `pending`: authentication and directory ignore them;
 * 3. policy registers the organisation (the same command id each time): without keys nobody can act in it;
 * 4. in one transaction both become active, the admin key is stored and the facts are written.
 *
 * Whatever fails, the same request goes through all steps again and each does nothing twice.
 */
export class FoundOrganisation {
  constructor(private readonly parts: FoundOrganisationParts) {}

  /** @throws AppError `ALREADY_EXISTS` when the organisation is active already. */
  async run(founding: Founding, by: Admin | null, register: () => Promise<unknown>): Promise<Founded> {
    const { peers, changes, keys } = this.parts;
    const { org, founder } = founding;
    const subjectKey = await peers.call(VERBS.createSubjectKey, { org, subject: founder });
    await changes.change(org, (manager) => this.prepare(manager, founding, subjectKey));
    await register();
    const made = await keys.make();
    await changes.change(org, async (manager, note) => {
      const now = this.parts.clock();
      const key = newKeyRow(
        { org, user: founder },
        made,
        { name: 'First admin key', scopes: [...SCOPES] },
        now,
      );
      await this.activate(manager, founding);
      await manager.insert(ApiKeyRow, key);
      const about = { id: founder, key: subjectKey, person: founding.admin };
      // Who asked belongs to another organisation; there it is recorded with the operator's name, here without.
      const fact = { org, by: null, version: '1' };
      await note(
        {
          ...fact,
          action: 'organisation.created',
          target: { type: 'organisation', id: org },
          data: { home: founding.home },
        },
        {
          ...fact,
          action: 'user.created',
          target: { type: 'user', id: founder },
          data: { kind: 'user', founder: true },
          about,
        },
        {
          ...fact,
          action: 'key.created',
          target: { type: 'key', id: made.keyId },
          data: { user: founder, scopes: key.scopes },
        },
      );
      if (by !== null) await recordAtHome(manager, note, { org, founder, by });
    });
    return { org, founder, keyId: made.keyId, key: made.text };
  }

  private async prepare(
    manager: EntityManager,
    { org, founder, name, home, admin }: Founding,
    subjectKey: { keyId: string; publicKey: string },
  ): Promise<void> {
    const known = await manager.findOneBy(OrganisationRow, { orgId: org });
    if (known?.status === 'active') throw alreadyThere();
    const createdAt = this.parts.clock();
    await manager.upsert(
      OrganisationRow,
      { orgId: org, name, home, status: 'pending', founderId: founder, createdAt },
      ['orgId'],
    );
    await manager.upsert(
      UserRow,
      {
        orgId: org,
        userId: founder,
        ...admin,
        kind: 'user',
        status: 'pending',
        subjectKeyId: subjectKey.keyId,
        subjectPublicKey: subjectKey.publicKey,
        createdAt,
        removedAt: null,
      },
      ['orgId', 'userId'],
    );
  }

  private async activate(manager: EntityManager, { org, founder }: Founding): Promise<void> {
    const done = await manager.update(
      OrganisationRow,
      { orgId: org, status: 'pending' },
      { status: 'active' },
    );
    // Two requests at once: the other one was first, and only its key exists.
    if (done.affected !== 1) throw alreadyThere();
    await manager.update(UserRow, { orgId: org, userId: founder }, { status: 'active' });
  }
}

/** The last thing in the transaction: from here on it works as the operator's organisation. */
async function recordAtHome(
  manager: EntityManager,
  note: Note,
  { org, founder, by }: { org: string; founder: string; by: Admin },
): Promise<void> {
  const home = by.principal.org;
  await manager.query(`SELECT set_config('app.org_id', $1, true)`, [home]);
  const target = { type: 'organisation', id: org };
  await note({ org: home, action: 'organisation.created', by, target, version: '1', data: { founder } });
}

const alreadyThere = (): AppError => new AppError('ALREADY_EXISTS', 'The organisation exists already.');

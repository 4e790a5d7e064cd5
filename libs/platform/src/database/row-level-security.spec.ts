import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { verifies } from '../../../../tools/verifies.js';
import { startPostgres, type TestDatabase, type TestPostgres } from '../testing/index.js';
import { connectDatabase } from './data-source.js';
import { asOrganisation } from './organisation-transaction.js';
import { catalogueFaults, protectTenantTable } from './row-level-security.js';

const EXPECTED = {
  schema: 'vault',
  exempt: [],
  definerFunctions: ['find'],
  roles: ['vault_app', 'vault_job'],
};

const GOOD = [
  'CREATE TABLE vault.things (org_id text NOT NULL, id text NOT NULL, PRIMARY KEY (org_id, id))',
  ...protectTenantTable('vault', 'things'),
  'GRANT SELECT, INSERT, UPDATE ON vault.things TO vault_app',
  `CREATE FUNCTION vault.find() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = vault AS 'SELECT 1::text'`,
  'REVOKE ALL ON FUNCTION vault.find() FROM PUBLIC',
];

let postgres: TestPostgres;
let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.database('vault');
  owner = new pg.Client({ connectionString: database.ownerUrl.revealText() });
  await owner.connect();
  for (const statement of GOOD) await owner.query(statement);
}, 60_000);

afterAll(async () => {
  await owner.end();
  await postgres.stop();
});

describe('the catalogue check', () => {
  it('finds nothing in a schema that keeps the rules', async () => {
    expect(await catalogueFaults(owner, EXPECTED)).toEqual([]);
  });

  it.each([
    ['a table without organisation', ['CREATE TABLE vault.bad (id text)'], /bad: has no org_id/],
    [
      'row-level security that is off',
      ['CREATE TABLE vault.bad (org_id text NOT NULL)'],
      /bad: row-level security is not forced/,
    ],
    [
      'row-level security that the owner escapes',
      [
        'CREATE TABLE vault.bad (org_id text NOT NULL)',
        ...protectTenantTable('vault', 'bad'),
        'ALTER TABLE vault.bad NO FORCE ROW LEVEL SECURITY',
      ],
      /bad: row-level security is not forced/,
    ],
    [
      'a policy that lets rows be written for others',
      [
        'CREATE TABLE vault.bad (org_id text NOT NULL)',
        'ALTER TABLE vault.bad ENABLE ROW LEVEL SECURITY',
        'ALTER TABLE vault.bad FORCE ROW LEVEL SECURITY',
        'CREATE POLICY p ON vault.bad USING (true)',
      ],
      /bad: no policy with both USING and WITH CHECK/,
    ],
    [
      'a unique that another organisation can collide with',
      [
        'CREATE TABLE vault.bad (org_id text NOT NULL, slug text UNIQUE)',
        ...protectTenantTable('vault', 'bad'),
      ],
      /bad: key .* begins with slug/,
    ],
    [
      'a view with its owner’s rights',
      ['CREATE VIEW vault.bad AS SELECT * FROM vault.things'],
      /bad: the view is not security_invoker/,
    ],
    [
      'an unlisted function with its owner’s rights',
      [`CREATE FUNCTION vault.bad() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`],
      /bad: unlisted SECURITY DEFINER/,
    ],
    [
      'a look-up that everybody may execute',
      [
        `CREATE OR REPLACE FUNCTION vault.find() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::text'`,
        'GRANT EXECUTE ON FUNCTION vault.find() TO PUBLIC',
      ],
      /find: SECURITY DEFINER (without a fixed search_path|that everybody may execute)/,
    ],
  ])('finds %s', async (_, statements, fault) => {
    await owner.query('BEGIN');
    try {
      for (const statement of statements) await owner.query(statement);
      expect((await catalogueFaults(owner, EXPECTED)).join('\n')).toMatch(fault);
    } finally {
      await owner.query('ROLLBACK');
    }
  });

  it('finds a role with too many rights', async () => {
    const faults = await catalogueFaults(owner, { ...EXPECTED, roles: ['postgres', 'vault_owner'] });
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/postgres: superuser/),
        expect.stringMatching(/vault_owner: owns 1/),
      ]),
    );
  });
});

describe('a transaction of one organisation', () => {
  it('sees and writes its own rows alone, and what is outside one sees nothing', async () => {
    verifies('D3');
    const pool = await connectDatabase({
      url: database.appUrl,
      schema: 'vault',
      applicationName: 'test',
      poolSize: 1,
    });
    try {
      await asOrganisation(pool, 'A', (manager) => manager.query(`INSERT INTO things VALUES ('A', '1')`));
      const seenBy = (org: string) =>
        asOrganisation(pool, org, (manager) => manager.query('SELECT id FROM things'));
      expect(await seenBy('A')).toEqual([{ id: '1' }]);
      expect(await seenBy('B')).toEqual([]);
      // The same pooled connection, without a transaction: the setting has ended with the last one.
      expect(await pool.query('SELECT id FROM things')).toEqual([]);
      const foreign = asOrganisation(pool, 'B', (manager) =>
        manager.query(`INSERT INTO things VALUES ('A', '2')`),
      );
      await expect(foreign).rejects.toThrow(/row-level security/);
      expect(
        await asOrganisation(pool, 'B', (manager) =>
          manager.query(`UPDATE things SET id = '3' RETURNING id`),
        ),
      ).toEqual([[], 0]);
    } finally {
      await pool.destroy();
    }
  });
});

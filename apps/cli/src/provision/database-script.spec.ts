import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServiceDatabase, startPostgres, type RunningPostgres } from '@portcullis/embedded-postgres';
import pg from 'pg';
import { SERVICES_WITH_DATABASE } from '../postgres/service-databases.js';
import { freePorts } from '../processes/free-ports.js';
import { DATABASE, DATABASE_ROLES, databaseScript, databaseUrl, type PasswordOf } from './database-script.js';

let root: string;
let scripted: RunningPostgres;
let embedded: RunningPostgres;

const passwords = new Map<string, string>();
const passwordOf: PasswordOf = (service, role) => {
  const name = `${service}-${role}`;
  if (!passwords.has(name)) passwords.set(name, randomBytes(32).toString('base64url'));
  return passwords.get(name)!;
};

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-database-script-'));
  const [one, two] = (await freePorts(2)) as [number, number];
  const superuserPassword = 'superuser';
  [scripted, embedded] = await Promise.all([
    startPostgres({ directory: join(root, 'scripted'), port: one, superuserPassword }),
    startPostgres({ directory: join(root, 'embedded'), port: two, superuserPassword }),
  ]);
  // As the image of PostgreSQL does it: the database first, then the script in it.
  await query(scripted.superuserUrl, `CREATE DATABASE ${DATABASE}`);
  await query(inDatabase(scripted), databaseScript(SERVICES_WITH_DATABASE, passwordOf));
  for (const service of SERVICES_WITH_DATABASE) {
    const owned = { owner: 'o', app: 'a', job: 'j' };
    await createServiceDatabase({ superuserUrl: embedded.superuserUrl, service, passwords: owned });
  }
}, 120_000);

afterAll(async () => {
  await Promise.all([scripted, embedded].map((server) => server?.stop()));
  rmSync(root, { recursive: true, force: true });
});

const inDatabase = ({ superuserUrl }: RunningPostgres): string =>
  superuserUrl.replace(/\/postgres$/, `/${DATABASE}`);

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Everything that decides who may do what. */
const CATALOGUE = [
  `SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls,
     rolconnlimit, rolvaliduntil FROM pg_roles ORDER BY rolname`,
  `SELECT nspname, nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_toast%'
     ORDER BY nspname`,
  `SELECT datname, datacl::text FROM pg_database WHERE datname = '${DATABASE}'`,
  'SELECT roleid::regrole::text, member::regrole::text FROM pg_auth_members ORDER BY 1, 2',
];

it('leaves the same roles, schemas and rights behind as the embedded shape', async () => {
  for (const text of CATALOGUE) {
    const found = await query(inDatabase(scripted), text);
    expect(found).toEqual(await query(inDatabase(embedded), text));
  }
  expect(
    await query(inDatabase(scripted), "SELECT 1 FROM pg_namespace WHERE nspname = 'vault'"),
  ).toHaveLength(1);
});

it('lets each role in with its own password, which the script does not hold', async () => {
  const script = databaseScript(SERVICES_WITH_DATABASE, passwordOf);
  for (const service of SERVICES_WITH_DATABASE) {
    for (const role of DATABASE_ROLES) {
      const reach = (password: string): string =>
        databaseUrl({ service, role, password }, '/ca.crt')
          .replace('postgres:5432', `127.0.0.1:${scripted.port}`)
          .replace(/\?.*/, '');
      const own = passwordOf(service, role);
      expect(script).not.toContain(own);
      expect(await query(reach(own), 'SELECT current_user::text AS me')).toEqual([
        { me: `${service}_${role}` },
      ]);
      await expect(query(reach('x'.repeat(43)), 'SELECT 1')).rejects.toThrow(
        'password authentication failed',
      );
    }
  }
});

import pg from 'pg';

export interface ServiceDatabase {
  /** Owns the schema; used by migrations only. */
  ownerUrl: string;
  /** Runtime role: owns nothing, can't bypass row-level security. */
  appUrl: string;
  /** Role of background jobs: granted named tables by the migrations. */
  jobUrl: string;
}

export interface ServiceDatabaseOptions {
  superuserUrl: string;
  /** Name of the service: schema `<service>`, roles `<service>_owner`, `<service>_app`, `<service>_job`. */
  service: string;
  passwords: { owner: string; app: string; job: string };
}

const DATABASE = 'portcullis';

/** Creates database, schema and roles of one service; harmless when they exist (passwords are set again). */
export async function createServiceDatabase(options: ServiceDatabaseOptions): Promise<ServiceDatabase> {
  const { service, passwords } = options;
  if (!/^[a-z]+$/.test(service)) throw new Error(`"${service}" is not the name of a service.`);
  await withClient(options.superuserUrl, async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    await client.query(`REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`);
    for (const [role, password] of Object.entries(passwords))
      await ensureRole(client, `${service}_${role}`, password);
  });
  await withClient(urlOf(options.superuserUrl), async (client) => {
    await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${service} AUTHORIZATION ${service}_owner`);
    await client.query(`GRANT USAGE ON SCHEMA ${service} TO ${service}_app, ${service}_job`);
  });
  return {
    ownerUrl: urlOf(options.superuserUrl, `${service}_owner`, passwords.owner),
    appUrl: urlOf(options.superuserUrl, `${service}_app`, passwords.app),
    jobUrl: urlOf(options.superuserUrl, `${service}_job`, passwords.job),
  };
}

async function ensureRole(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  const attributes = 'LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION';
  // DDL takes no parameters: the password is quoted by PostgreSQL's own rules.
  const literal = pg.escapeLiteral(password);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${role} ${attributes} PASSWORD ${literal}`);
  await client.query(`GRANT CONNECT ON DATABASE ${DATABASE} TO ${role}`);
}

function urlOf(superuserUrl: string, role?: string, password?: string): string {
  const url = new URL(superuserUrl);
  url.pathname = `/${DATABASE}`;
  if (role !== undefined && password !== undefined) {
    url.username = role;
    url.password = encodeURIComponent(password);
  }
  return url.href;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

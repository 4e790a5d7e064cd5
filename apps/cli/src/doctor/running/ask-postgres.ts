import pg from 'pg';
import { readOwnFile } from '../directory/read-own-file.js';
import { fail } from '../finding.js';
import type { PartAnswer } from './part.js';

/** A login role of a service and the file with its connection URL. */
export interface DatabaseRole {
  role: string;
  urlFile: string;
  /** What the URL has to become on this machine. */
  relocate?: (url: string) => string;
}

const TIMEOUT_MS = 6_000;

export type Rows = Record<string, unknown>[];

/** One read-only query as a role. @throws Error whose message is the server's or the driver's, without the URL */
export async function queryAs(url: string, sql: string): Promise<Rows> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    application_name: 'portcullis-doctor',
    options: '-c default_transaction_read_only=on',
  });
  // A connection that breaks later is the query's failure, not an event that nobody hears.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    // On a server that is silent it would wait for an answer to its farewell.
    void client.end().catch(() => undefined);
  }
}

type Outcome = { role: string; version: string } | { role: string; refusal: string | null };

/** Logs in as every role and asks for nothing but the version. */
export async function askPostgres(roles: readonly DatabaseRole[], mend: string): Promise<PartAnswer> {
  const outcomes = await Promise.all(roles.map(enterAs));
  const versions = outcomes.flatMap((outcome) => ('version' in outcome ? [outcome.version] : []));
  const refused = outcomes.flatMap((outcome) =>
    'refusal' in outcome && outcome.refusal !== null
      ? [fail(`as ${outcome.role}: ${outcome.refusal}`, mend)]
      : [],
  );
  if (versions.length === 0 && refused.length === 0) return { problem: 'it does not answer', detail: '' };
  return {
    problem: null,
    detail: `PostgreSQL ${versions[0] ?? ''} answers; ${versions.length} roles were let in`,
    more: refused,
  };
}

async function enterAs({ role, urlFile, relocate = (url) => url }: DatabaseRole): Promise<Outcome> {
  const url = (await readOwnFile(urlFile))?.trim();
  if (url === undefined) return { role, refusal: 'there is no file with its URL' };
  try {
    const [row] = await queryAs(relocate(url), 'SHOW server_version');
    return { role, version: String(row?.['server_version']) };
  } catch (error) {
    return { role, refusal: refusalIn(error) };
  }
}

/** SQLSTATE classes 28 (authorization), 3D (no such database), 42501 (no right to connect): it answers, and says no. */
function refusalIn(error: unknown): string | null {
  const { code = '' } = error as { code?: string };
  if (code.startsWith('28')) return 'it refuses the password';
  if (code.startsWith('3D')) return 'there is no such database';
  return code === '42501' ? 'the role may not connect' : null;
}

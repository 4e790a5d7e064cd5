import { AppError } from '@portcullis/contracts';

/** PostgreSQL error classes that say "not now" rather than "never": connection, log-in, resources, intervention, I/O. */
const PASSING_CLASSES = ['08', '28', '53', '57', '58'];
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/;
const NETWORK_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'];
/** What `pg`, its pool and TypeORM say of a connection that broke, or didn't come about, without giving a code. */
const BROKEN_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered a connection error) and is not queryable|Query runner already released)/;

/**
 * The error for whoever asked, when what was thrown says that the database can't be reached or used at the moment; else
 * undefined. Whether a transaction has committed is unknown then.
 */
export function databaseAway(thrown: unknown): AppError | undefined {
  if (!(thrown instanceof Error) || thrown instanceof AppError || !saysAway(thrown)) return undefined;
  return new AppError('UNAVAILABLE', 'The database of this service is not available.', { cause: thrown });
}

function saysAway(error: Error): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return BROKEN_CONNECTION.test(error.message);
  if (SQL_STATE.test(code)) return PASSING_CLASSES.includes(code.slice(0, 2));
  return NETWORK_CODES.includes(code);
}

import type { Socket } from 'node:net';
import type { DataSource } from 'typeorm';
import type { Pool, PoolClient, QueryResult } from 'pg';

/** SQL with its parameters. */
export interface Statement {
  text: string;
  values: unknown[];
  /**
   * Prepared once per connection under this name, which spares parsing and planning. Only for a text that never changes
   * and whose best plan doesn't depend on the values: PostgreSQL keeps the plan until ANALYZE has new figures.
   */
  name?: string;
}

/**
 * Sends a statement at once, without waiting for those before it, and resolves with its rows. Nobody has to listen to
 * its failure: the transaction fails with it.
 */
export type Send = <Row>(statement: Statement) => Promise<Row[]>;

/**
 * One transaction in as few round trips as `work` has answers to wait for: BEGIN goes out together with what `work`
 * sends first, COMMIT with what it sends last. `work` resolves as soon as nothing is left to decide, with the answers
 * that are still to come.
 *
 * A caller may rely on: it resolves only after PostgreSQL has confirmed the commit. When any statement fails,
 * PostgreSQL itself refuses those behind it and turns the COMMIT into a rollback, so nothing is kept; this rejects with
 * the first failure, and the connection is closed rather than given back to the pool in an unknown state.
 */
export async function pipelinedTransaction<T>(
  dataSource: DataSource,
  work: (send: Send) => Promise<{ answers: Promise<T> }>,
): Promise<T> {
  const client = await poolOf(dataSource).connect();
  const lost = (): void => undefined; // Its statements reject as well; an event without listener ends the process.
  client.on('error', lost);
  let done = false;
  try {
    const result = await converse(client, work);
    done = true;
    return result;
  } finally {
    client.off('error', lost);
    client.release(!done);
  }
}

async function converse<T>(
  client: PoolClient,
  work: (send: Send) => Promise<{ answers: Promise<T> }>,
): Promise<T> {
  const failures: unknown[] = [];
  const hold = writeTogether(client);
  const sent = (statement: string | Statement): Promise<QueryResult> => {
    hold();
    const answer = client.query(statement as Statement);
    answer.catch((error: unknown) => failures.push(error));
    return answer;
  };
  const send: Send = (statement) => {
    const rows = sent(statement).then((result) => result.rows);
    rows.catch(() => undefined);
    return rows;
  };
  try {
    const begun = sent('BEGIN');
    const { answers } = await work(send);
    const committed = sent('COMMIT');
    const [, result, { command }] = await Promise.all([begun, answers, committed]);
    if (command !== 'COMMIT') throw new Error('The transaction was rolled back.');
    return result;
  } catch (error) {
    throw failures[0] ?? error;
  }
}

/**
 * Gives what is to be called before something is sent: whatever is sent within one turn of the event loop then goes in
 * one write. Each would be a system call and a wake-up of PostgreSQL otherwise.
 */
function writeTogether(client: PoolClient): () => void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  let held = false;
  return () => {
    if (held) return;
    held = true;
    stream.cork();
    setImmediate(() => {
      held = false;
      stream.uncork();
    });
  };
}

/** Settings of the transaction: whose rows it sees, and whether its commit waits for the disk. They end with it. */
export const organisationContext = (org: string, { durable }: { durable: boolean }): Statement => ({
  name: 'organisation_context',
  text: `SELECT set_config('app.org_id', $1, true), set_config('synchronous_commit', $2, true)`,
  values: [org, durable ? 'on' : 'off'],
});

/** TypeORM waits for each answer before it sends the next statement, so this goes to its pool. */
const poolOf = (dataSource: DataSource): Pool => (dataSource.driver as unknown as { master: Pool }).master;

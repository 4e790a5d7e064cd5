import type { DataSource } from 'typeorm';

/** Runs `work` unless another replica holds the lock at the moment; false if one does. The lock ends with its connection. */
export async function exclusively(
  dataSource: DataSource,
  lock: number,
  work: () => Promise<void>,
): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    const [row] = (await runner.query('SELECT pg_try_advisory_lock($1) AS mine', [lock])) as {
      mine: boolean;
    }[];
    if (row?.mine !== true) return false;
    try {
      await work();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [lock]);
    }
    return true;
  } finally {
    await runner.release();
  }
}

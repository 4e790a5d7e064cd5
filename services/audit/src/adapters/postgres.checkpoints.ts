import type { CheckpointStore } from '@portcullis/eventing';
import type { DataSource, EntityManager } from 'typeorm';

/** {@link CheckpointStore} in the table `checkpoints`. */
export class PostgresCheckpoints implements CheckpointStore<EntityManager> {
  constructor(private readonly dataSource: DataSource) {}

  async load(name: string): Promise<bigint | undefined> {
    const [row] = (await this.dataSource.query('SELECT position FROM checkpoints WHERE name = $1', [name])) as {
      position: string;
    }[];
    return row && BigInt(row.position);
  }

  async transact(name: string, position: bigint, work: (tx: EntityManager) => Promise<void>): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      await work(tx);
      await tx.query(
        `INSERT INTO checkpoints (name, position) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET position = GREATEST(checkpoints.position, excluded.position)`,
        [name, position],
      );
    });
  }
}

import { AppError, type RenewLeaseReply, type RenewLeaseRequest } from '@portcullis/contracts';
import { within } from '@portcullis/platform';
import { QueryFailedError, type DataSource } from 'typeorm';

/** One replica's lease as it is stored. */
export interface Lease {
  readonly service: string;
  readonly replica: string;
  /** Counts how often the lease has been extended. */
  readonly extensions: number;
  /** Up to which position the replica has applied every change; -1: none. */
  readonly acknowledged: number;
}

/** A database that is silent must not hold up an answer: PostgreSQL's own time limits are longer than a lease. */
const DEADLINE_MS = 1500;
const TOO_MANY = '53400';

/** Positions and leases in PostgreSQL, which all replicas of control share. Every rule about them is in its functions. */
export class Leases {
  /** @param dataSource a pool of its own: renewals must not wait behind anything else. */
  constructor(private readonly dataSource: DataSource) {}

  /** Notes that an organisation has changed, durably. To be called when the change itself is durable. Gives its position. */
  async advance(org: string): Promise<number> {
    const [row] = await this.ask<{ position: string }>('SELECT barrier_advance($1) AS position', [org]);
    return Number(row?.position);
  }

  /** @throws AppError `RATE_LIMITED` when the service has more replicas than any installation */
  async renew(service: string, { replica, acknowledged }: RenewLeaseRequest): Promise<RenewLeaseReply> {
    const asked = this.ask<{ reached: string; extended: boolean; changed: string[] | null }>(
      'SELECT reached, extended, changed FROM barrier_renew($1, $2, $3)',
      [service, replica, acknowledged],
    );
    const [row] = await asked.catch((thrown: unknown) => {
      throw isTooMany(thrown)
        ? new AppError('RATE_LIMITED', `There are too many replicas of ${service}.`)
        : thrown;
    });
    if (row === undefined) throw new Error('barrier_renew gave no row.');
    return { position: Number(row.reached), extended: row.extended, changed: row.changed };
  }

  async all(): Promise<Lease[]> {
    const rows = await this.ask<Record<keyof Lease, string>>('SELECT * FROM barrier_leases()', []);
    return rows.map(({ service, replica, extensions, acknowledged }) => ({
      service,
      replica,
      extensions: Number(extensions),
      acknowledged: Number(acknowledged),
    }));
  }

  /** Removes a lease that has not been extended since it was read. False: it has, or is gone. */
  async forget({ service, replica, extensions }: Lease): Promise<boolean> {
    return this.remove(service, replica, extensions);
  }

  /** The replica itself says that it serves no more. */
  async release(service: string, replica: string): Promise<void> {
    await this.remove(service, replica, null);
  }

  private async remove(service: string, replica: string, extensions: number | null): Promise<boolean> {
    const [row] = await this.ask<{ gone: boolean }>('SELECT barrier_forget($1, $2, $3) AS gone', [
      service,
      replica,
      extensions,
    ]);
    return row?.gone ?? false;
  }

  private ask<Row>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return within({ deadline: Date.now() + DEADLINE_MS }, this.dataSource.query<Row[]>(sql, parameters));
  }
}

const isTooMany = (thrown: unknown): boolean =>
  thrown instanceof QueryFailedError && (thrown.driverError as { code?: unknown }).code === TOO_MANY;

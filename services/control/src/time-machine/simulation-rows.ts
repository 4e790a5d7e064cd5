import { AppError, simulationSchema, type Simulation } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource } from 'typeorm';

/** A simulation that somebody asked for. `request` names the policy revision that it is about. */
export interface StoredSimulation {
  id: string;
  request: Simulation;
  /** Canonical JSON; null until it is done. */
  report: string | null;
}

/** An organisation keeps the newest of them. */
const KEPT = 50;

const INSERT = `
  INSERT INTO simulations (org_id, simulation_id, asked_by, created_at, request, report)
  VALUES ($1, $2, $3, $4, $5, $6)`;
const TRIM = `
  DELETE FROM simulations WHERE org_id = $1 AND simulation_id IN (
    SELECT simulation_id FROM simulations WHERE org_id = $1
    ORDER BY created_at DESC, simulation_id DESC OFFSET ${KEPT})`;

export class SimulationRows {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: () => Date,
  ) {}

  add(org: string, by: string, { id, request, report }: StoredSimulation): Promise<void> {
    return asOrganisation(this.dataSource, org, async (manager) => {
      await manager.query(INSERT, [org, id, by, this.clock(), JSON.stringify(request), report]);
      await manager.query(TRIM, [org]);
    });
  }

  /** @throws AppError `NOT_FOUND`, for one of another organisation too */
  async find(org: string, id: string): Promise<StoredSimulation> {
    const sql = 'SELECT request, report FROM simulations WHERE org_id = $1 AND simulation_id = $2';
    const rows = await asOrganisation(
      this.dataSource,
      org,
      (manager) => manager.query(sql, [org, id]) as Promise<{ request: string; report: string | null }[]>,
    );
    const [row] = rows;
    if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such simulation.');
    return { id, request: simulationSchema.parse(JSON.parse(row.request)), report: row.report };
  }

  async finish(org: string, id: string, report: string): Promise<void> {
    const sql = 'UPDATE simulations SET report = $3 WHERE org_id = $1 AND simulation_id = $2';
    await asOrganisation(this.dataSource, org, (manager) => manager.query(sql, [org, id, report]));
  }

  async remove(org: string, id: string): Promise<void> {
    const sql = 'DELETE FROM simulations WHERE org_id = $1 AND simulation_id = $2';
    await asOrganisation(this.dataSource, org, (manager) => manager.query(sql, [org, id]));
  }
}

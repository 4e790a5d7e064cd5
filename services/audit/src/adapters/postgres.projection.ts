import { auditRecordSchema, canonicalJson, type AuditRecord } from '@portcullis/contracts';
import type { CheckpointStore } from '@portcullis/eventing';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { Overdue, Projection } from '../ports/projection.js';
import { evolveCall, ownStatus, type CallState } from '../projection/call-state.js';
import type { ProjectedFault, ProjectedRecord } from '../projection/project-record.js';
import { recordIdentity } from '../records/record-identity.js';
import { PostgresCheckpoints } from './postgres.checkpoints.js';
import { INSERT_FAULT, INSERT_RECORD, SELECT_CALL, SELECT_FIRST, UPSERT_CALL } from './postgres.projection-sql.js';

interface CallRow {
  call: string;
  attempt: number;
  intent: string | null;
  deadline: Date | null;
  status: CallState['status'];
  outcome_record: string | null;
  outcome: CallState['outcome'];
}

/** {@link Projection} in the schema `audit`, by its job role: every write runs as the organisation it is about. */
export class PostgresProjection implements Projection<EntityManager> {
  readonly checkpoints: CheckpointStore<EntityManager>;

  constructor(private readonly dataSource: DataSource) {
    this.checkpoints = new PostgresCheckpoints(dataSource);
  }

  async apply(tx: EntityManager, projected: ProjectedRecord | ProjectedFault): Promise<boolean> {
    // All of it can be built again from the streams, and the checkpoint is lost together with the rows.
    await tx.query(`SELECT set_config('app.org_id', $1, true), set_config('synchronous_commit', 'off', true)`, [
      projected.org,
    ]);
    if (projected.kind === 'fault') return this.#fault(tx, projected, projected.reason);
    const { record } = projected;
    const [inserted] = (await tx.query(INSERT_RECORD, rowOf(projected))) as { inserted: boolean }[];
    if (inserted?.inserted !== true) return this.#repeated(tx, projected);
    if (record.class === 'calls' && record.digests?.grant) await advanceCall(tx, record, record.digests.grant);
    return false;
  }

  applyAlone(projected: ProjectedRecord | ProjectedFault): Promise<boolean> {
    return this.dataSource.transaction((tx) => this.apply(tx, projected));
  }

  async overdue(at: Date, limit: number): Promise<Overdue[]> {
    const rows = (await this.dataSource.query(
      'SELECT org_id, grant_hash FROM deadlines WHERE deadline < $1 ORDER BY deadline LIMIT $2',
      [at, limit],
    )) as { org_id: string; grant_hash: string }[];
    return rows.map((row) => ({ org: row.org_id, grantHash: row.grant_hash }));
  }

  pendingIntent({ org, grantHash }: Overdue): Promise<AuditRecord | undefined> {
    return asOrganisation(this.dataSource, org, async (tx) => {
      const [row] = (await tx.query(
        `SELECT r.data FROM calls c JOIN records r ON r.org_id = c.org_id AND r.record_id = c.intent
         WHERE c.org_id = $1 AND c.grant_hash = $2 AND c.status = 'pending'`,
        [org, grantHash],
      )) as { data: string }[];
      return row && auditRecordSchema.parse(JSON.parse(row.data));
    });
  }

  /** The same event again, the same statement stored twice (harmless), or another one under a used recordId. */
  async #repeated(tx: EntityManager, projected: ProjectedRecord): Promise<boolean> {
    const { org, record } = projected;
    const [first] = (await tx.query(SELECT_FIRST, [org, record.recordId])) as { data: string }[];
    if (first && recordIdentity(auditRecordSchema.parse(JSON.parse(first.data))) === recordIdentity(record)) return false;
    return this.#fault(tx, projected, 'contradiction');
  }

  async #fault(tx: EntityManager, { org, stream, revision }: Projected, reason: string): Promise<boolean> {
    const [row] = (await tx.query(INSERT_FAULT, [org, stream, revision, reason])) as { inserted: boolean }[];
    return row?.inserted === true;
  }
}

type Projected = Pick<ProjectedRecord, 'org' | 'stream' | 'revision'>;

async function advanceCall(tx: EntityManager, record: AuditRecord, grantHash: string): Promise<void> {
  const before = await callOf(tx, record.org, grantHash);
  const after = evolveCall(before, record);
  const unchanged = after === before && after?.status === ownStatus(record);
  if (after && !unchanged) await saveCall(tx, { org: record.org, grantHash }, after);
}

async function callOf(tx: EntityManager, org: string, grantHash: string): Promise<CallState | undefined> {
  const [row] = (await tx.query(SELECT_CALL, [org, grantHash])) as CallRow[];
  if (!row) return undefined;
  const { call, attempt, intent, status, outcome } = row;
  return {
    call,
    attempt,
    intent,
    deadline: row.deadline?.toISOString() ?? null,
    status,
    outcomeRecord: row.outcome_record,
    outcome,
  };
}

async function saveCall(tx: EntityManager, { org, grantHash }: Overdue, after: CallState): Promise<void> {
  const outcome = after.outcome && JSON.stringify(after.outcome);
  await tx.query(UPSERT_CALL, [
    org,
    grantHash,
    after.call,
    after.attempt,
    after.intent,
    after.deadline,
    after.status,
    after.outcomeRecord,
    outcome,
  ]);
}

function rowOf({ org, stream, revision, record, dataHash }: ProjectedRecord): unknown[] {
  const { action, call } = record;
  return [
    org,
    record.recordId,
    record.class,
    record.type,
    record.time,
    record.actor.id,
    action.srv,
    action.slug,
    action.tool,
    action.op,
    action.label,
    record.decision?.rule ?? null,
    call?.id ?? null,
    call?.attempt ?? null,
    record.digests?.grant ?? null,
    ownStatus(record),
    stream,
    revision,
    dataHash,
    canonicalJson(record),
  ];
}

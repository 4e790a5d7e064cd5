import { auditRecordSchema, type AuditRecord } from '@portcullis/contracts';
import { asOrganisation } from '@portcullis/platform';
import type { DataSource, EntityManager } from 'typeorm';
import type { Checkpoint, Fault, Overdue, Projected, Projection } from '../ports/projection.js';
import { evolveCall, type CallState } from '../projection/call-state.js';
import type { ProjectedRecord } from '../projection/project-record.js';
import { recordIdentity } from '../records/record-identity.js';
import { callRow, callState, recordRow, type CallRow } from './postgres.projection-rows.js';
import {
  ADVANCE_HEADS,
  FOLLOW_CALLS,
  INSERT_FAULTS,
  INSERT_RECORDS,
  SELECT_CALLS,
  SELECT_FIRST,
  SELECT_OVERDUE,
  SELECT_PENDING_INTENT,
  STORE_CHECKPOINT,
  UPSERT_CALLS,
} from './postgres.projection-sql.js';

/** {@link Projection} in the schema `audit`, by its job role: whatever is written is written as its organisation. */
export class PostgresProjection implements Projection {
  constructor(private readonly dataSource: DataSource) {}

  async checkpoint(name: string): Promise<bigint | undefined> {
    const sql = 'SELECT position FROM checkpoints WHERE name = $1';
    const [row] = (await this.dataSource.query(sql, [name])) as { position: string }[];
    return row && BigInt(row.position);
  }

  apply(events: readonly Projected[], checkpoint: Checkpoint | null): Promise<Fault[]> {
    return this.dataSource.transaction(async (tx) => {
      const faults: Fault[] = [];
      for (const org of new Set(events.map((event) => event.org))) {
        // All of it can be built again from the streams, and the checkpoint is lost together with the rows.
        await tx.query(
          `SELECT set_config('app.org_id', $1, true), set_config('synchronous_commit', 'off', true)`,
          [org],
        );
        faults.push(
          ...(await applyAs(
            tx,
            org,
            events.filter((event) => event.org === org),
          )),
        );
      }
      if (checkpoint) await tx.query(STORE_CHECKPOINT, [checkpoint.name, checkpoint.position]);
      return faults;
    });
  }

  async overdue(at: Date, limit: number): Promise<Overdue[]> {
    const rows = (await this.dataSource.query(SELECT_OVERDUE, [at, limit])) as {
      org_id: string;
      grant_hash: string;
    }[];
    return rows.map((row) => ({ org: row.org_id, grantHash: row.grant_hash }));
  }

  pendingIntent({ org, grantHash }: Overdue): Promise<AuditRecord | undefined> {
    return asOrganisation(this.dataSource, org, async (tx) => {
      const [row] = (await tx.query(SELECT_PENDING_INTENT, [org, grantHash])) as { data: string }[];
      return row && parseRecord(row.data);
    });
  }
}

async function applyAs(tx: EntityManager, org: string, events: readonly Projected[]): Promise<Fault[]> {
  await tx.query(ADVANCE_HEADS, [JSON.stringify(headsOf(org, events))]);
  const records = events.filter((event) => event.kind === 'record');
  const inserted = await insert(tx, firstOccurrences(records));
  await advanceCalls(tx, org, inserted);
  const repeated = records.filter((event) => !inserted.includes(event));
  return reportFaults(tx, [
    ...events.filter((event) => event.kind === 'fault'),
    ...(await contradictions(tx, org, repeated)),
  ]);
}

function headsOf(org: string, events: readonly Projected[]) {
  const heads = new Map(events.map(({ stream, revision }) => [stream, revision]));
  return [...heads].map(([stream, revision]) => ({ org_id: org, stream, revision: String(revision) }));
}

function firstOccurrences(records: readonly ProjectedRecord[]): ProjectedRecord[] {
  const seen = new Set<string>();
  return records.filter(({ record: { recordId } }) => !seen.has(recordId) && seen.add(recordId));
}

async function insert(tx: EntityManager, records: readonly ProjectedRecord[]): Promise<ProjectedRecord[]> {
  if (records.length === 0) return [];
  const rows = (await tx.query(INSERT_RECORDS, [JSON.stringify(records.map(recordRow))])) as {
    record_id: string;
  }[];
  const ids = new Set(rows.map(({ record_id: recordId }) => recordId));
  return records.filter(({ record }) => ids.has(record.recordId));
}

/** Folds the new records, in their order, into the states of the calls that they belong to. */
async function advanceCalls(
  tx: EntityManager,
  org: string,
  inserted: readonly ProjectedRecord[],
): Promise<void> {
  const ofCalls = inserted.flatMap(({ record }) => {
    const grantHash = record.class === 'calls' ? record.digests?.grant : null;
    return grantHash ? [{ record, grantHash }] : [];
  });
  if (ofCalls.length === 0) return;
  const grants = [...new Set(ofCalls.map(({ grantHash }) => grantHash))];
  const stored = (await tx.query(SELECT_CALLS, [org, grants])) as CallRow[];
  const states = new Map<string, CallState>(stored.map((row) => [row.grant_hash, callState(row)]));
  for (const { record, grantHash } of ofCalls) {
    const next = evolveCall(states.get(grantHash), record);
    if (next) states.set(grantHash, next);
  }
  const rows = JSON.stringify([...states].map(([grantHash, state]) => callRow({ org, grantHash }, state)));
  await tx.query(UPSERT_CALLS, [rows]);
  await tx.query(FOLLOW_CALLS, [rows]);
}

/** Of what was there already: the same statement stored twice is harmless, another one under the same recordId is not. */
async function contradictions(
  tx: EntityManager,
  org: string,
  repeated: readonly ProjectedRecord[],
): Promise<Fault[]> {
  if (repeated.length === 0) return [];
  const ids = repeated.map(({ record }) => record.recordId);
  const rows = (await tx.query(SELECT_FIRST, [org, ids])) as { record_id: string; data: string }[];
  const first = new Map(rows.map((row) => [row.record_id, recordIdentity(parseRecord(row.data))]));
  return repeated
    .filter(({ record }) => first.get(record.recordId) !== recordIdentity(record))
    .map(({ stream, revision }) => ({ org, stream, revision, reason: 'contradiction' }));
}

async function reportFaults(tx: EntityManager, faults: readonly Fault[]): Promise<Fault[]> {
  if (faults.length === 0) return [];
  const rows = faults.map(({ org, stream, revision, reason }) => ({
    org_id: org,
    stream,
    revision: String(revision),
    reason,
  }));
  const added = (await tx.query(INSERT_FAULTS, [JSON.stringify(rows)])) as {
    stream: string;
    revision: string;
  }[];
  const isNew = new Set(added.map(({ stream, revision }) => `${stream}@${revision}`));
  return faults.filter(({ stream, revision }) => isNew.has(`${stream}@${revision}`));
}

const parseRecord = (data: string): AuditRecord => auditRecordSchema.parse(JSON.parse(data));

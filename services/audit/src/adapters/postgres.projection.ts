import { auditRecordSchema, type AuditRecord } from '@portcullis/contracts';
import { asOrganisation, organisationContext, pipelinedTransaction, type Send } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import type { Checkpoint, Fault, Overdue, Projected, Projection } from '../ports/projection.js';
import { evolveCall, type CallState } from '../projection/call-state.js';
import { policyHeadOf } from '../policy-heads/policy-head-of.js';
import type { ProjectedRecord } from '../projection/project-record.js';
import { recordIdentity } from '../records/record-identity.js';
import { callRow, recordRow } from './postgres.projection-rows.js';
import {
  ADVANCE_CALLS,
  ADVANCE_HEADS,
  ADVANCE_POLICY_HEADS,
  INSERT_FAULTS,
  INSERT_RECORDS,
  SELECT_FIRST,
  SELECT_OVERDUE,
  SELECT_PENDING_INTENT,
  STORE_CHECKPOINT,
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
    return pipelinedTransaction(this.dataSource, async (send) => {
      const faults: Fault[] = [];
      const last: Promise<unknown>[] = [];
      for (const org of new Set(events.map((event) => event.org))) {
        const ofOrg = events.filter((event) => event.org === org);
        const applied = await applyAs(send, org, ofOrg);
        faults.push(...applied.faults);
        last.push(applied.written);
      }
      if (checkpoint) {
        const { name, position } = checkpoint;
        last.push(send({ name: 'checkpoint', text: STORE_CHECKPOINT, values: [name, position] }));
      }
      return { answers: Promise.all(last).then(() => faults) };
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

/** With the statements whose answers decide nothing more. */
async function applyAs(
  send: Send,
  org: string,
  events: readonly Projected[],
): Promise<{ faults: Fault[]; written: Promise<unknown> }> {
  const records = events.filter((event) => event.kind === 'record');
  // Durable, although all of it can be built again: whoever hands events over does not hand them over again, so a batch
  // that a crash of the database takes back would be missing below the checkpoint of the next one, for good.
  const begun = [
    send(organisationContext(org, { durable: true })),
    send({ name: 'heads', text: ADVANCE_HEADS, values: [JSON.stringify(headsOf(org, events))] }),
  ];
  const [inserted] = await Promise.all([insert(send, firstOccurrences(records)), ...begun]);
  const advanced = Promise.all([advanceCalls(send, org, inserted), advancePolicyHead(send, org, inserted)]);
  const repeated = records.filter((event) => !inserted.includes(event));
  const faults = await reportFaults(send, [
    ...events.filter((event) => event.kind === 'fault'),
    ...(await contradictions(send, org, repeated)),
  ]);
  return { faults, written: advanced };
}

function headsOf(org: string, events: readonly Projected[]) {
  const heads = new Map(events.map(({ stream, revision }) => [stream, revision]));
  return [...heads].map(([stream, revision]) => ({ org_id: org, stream, revision: String(revision) }));
}

function firstOccurrences(records: readonly ProjectedRecord[]): ProjectedRecord[] {
  const seen = new Set<string>();
  return records.filter(({ record: { recordId } }) => !seen.has(recordId) && seen.add(recordId));
}

async function insert(send: Send, records: readonly ProjectedRecord[]): Promise<ProjectedRecord[]> {
  if (records.length === 0) return [];
  // With the state that this batch gives its call: a row that is right already isn't written twice.
  const states = statesOf(records);
  const rows = records.map((event) => {
    const state = states.get(grantOf(event) ?? '');
    return state ? { ...recordRow(event), status: state.status } : recordRow(event);
  });
  const text = INSERT_RECORDS;
  const answer = await send<{ record_id: string }>({ name: 'records', text, values: [JSON.stringify(rows)] });
  const ids = new Set(answer.map(({ record_id: recordId }) => recordId));
  return records.filter(({ record }) => ids.has(record.recordId));
}

/** The grant of the call that a record belongs to. */
const grantOf = ({ record }: ProjectedRecord): string | null =>
  record.class === 'calls' ? (record.digests?.grant ?? null) : null;

/** What these records, in their order, make of each call by themselves, by grant. */
function statesOf(records: readonly ProjectedRecord[]): Map<string, CallState> {
  const states = new Map<string, CallState>();
  for (const event of records) {
    const grantHash = grantOf(event);
    const next = grantHash && evolveCall(states.get(grantHash), event.record);
    if (grantHash && next) states.set(grantHash, next);
  }
  return states;
}

function advanceCalls(send: Send, org: string, inserted: readonly ProjectedRecord[]): Promise<unknown> {
  // Always in one order, so that two replicas that do it at once wait for each other and don't lock each other out.
  const states = [...statesOf(inserted)].sort(([a], [b]) => (a < b ? -1 : 1));
  if (states.length === 0) return Promise.resolve();
  const rows = states.map(([grantHash, state]) => callRow({ org, grantHash }, state));
  return send({ text: ADVANCE_CALLS, values: [JSON.stringify(rows)] });
}

function advancePolicyHead(send: Send, org: string, inserted: readonly ProjectedRecord[]): Promise<unknown> {
  const heads = inserted.flatMap(({ record }) => policyHeadOf(record) ?? []);
  const [first, ...others] = heads;
  if (first === undefined) return Promise.resolve();
  const highest = others.reduce((best, next) => (next.revision > best.revision ? next : best), first);
  return send({ text: ADVANCE_POLICY_HEADS, values: [JSON.stringify([{ org_id: org, ...highest }])] });
}

/** Of what was there already: the same statement stored twice is harmless, another one under the same recordId is not. */
async function contradictions(
  send: Send,
  org: string,
  repeated: readonly ProjectedRecord[],
): Promise<Fault[]> {
  if (repeated.length === 0) return [];
  const ids = repeated.map(({ record }) => record.recordId);
  const rows = await send<{ record_id: string; data: string }>({ text: SELECT_FIRST, values: [org, ids] });
  const first = new Map(rows.map((row) => [row.record_id, recordIdentity(parseRecord(row.data))]));
  return repeated
    .filter(({ record }) => first.get(record.recordId) !== recordIdentity(record))
    .map(({ stream, revision }) => ({ org, stream, revision, reason: 'contradiction' }));
}

async function reportFaults(send: Send, faults: readonly Fault[]): Promise<Fault[]> {
  if (faults.length === 0) return [];
  const rows = faults.map(({ org, stream, revision, reason }) => ({
    org_id: org,
    stream,
    revision: String(revision),
    reason,
  }));
  const added = await send<{ stream: string; revision: string }>({
    text: INSERT_FAULTS,
    values: [JSON.stringify(rows)],
  });
  const isNew = new Set(added.map(({ stream, revision }) => `${stream}@${revision}`));
  return faults.filter(({ stream, revision }) => isNew.has(`${stream}@${revision}`));
}

const parseRecord = (data: string): AuditRecord => auditRecordSchema.parse(JSON.parse(data));

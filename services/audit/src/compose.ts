import type { Keyring } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import type { Logger, ReadinessCheck, Telemetry } from '@portcullis/platform';
import type { DataSource } from 'typeorm';
import { PostgresDecidedCalls } from './adapters/postgres.decided-calls.js';
import { PostgresLeadership } from './adapters/postgres.leadership.js';
import { PostgresRecorded } from './adapters/postgres.recorded.js';
import { PostgresPolicyHeads } from './adapters/postgres.policy-heads.js';
import { PostgresProjection } from './adapters/postgres.projection.js';
import { PostgresRecordView } from './adapters/postgres.record-view.js';
import { ProjectedEarlierRecords } from './adapters/projected.earlier-records.js';
import { AcceptEntry } from './append/accept-entry.js';
import { AppendClock } from './append/append-clock.js';
import { AppendEntries } from './append/append-entries.js';
import { ClosingCalls } from './append/closing-calls.js';
import { FindEarlier } from './append/find-earlier.js';
import { RecordLog, type WriteCounter } from './append/record-log.js';
import { RecordOnce } from './append/record-once.js';
import { SegmentRegistry } from './append/segment-registry.js';
import type { Config } from './config.js';
import { ReadDecidedCalls } from './decided/read-decided-calls.js';
import { ReadSealedSections } from './decided/read-sealed-sections.js';
import { readinessChecks } from './health/readiness-checks.js';
import { InterruptOverdue } from './interruption/interrupt-overdue.js';
import { INTERRUPTED_CALLS, RunInterruption } from './interruption/run-interruption.js';
import type { Leadership, LeaderWork } from './ports/leadership.js';
import { TellRecorded } from './recorded/tell-recorded.js';
import { ReadPolicyHeads } from './policy-heads/read-policy-heads.js';
import { CollectingTime } from './projection/collecting-time.js';
import { ProjectedHeads } from './projection/projected-heads.js';
import { publishProjectionLag } from './projection/projection-lag.js';
import { RunProjection } from './projection/run-projection.js';
import { ExportRecords } from './query/export-records.js';
import { QueryRecords } from './query/query-records.js';

export interface Parts {
  config: Config;
  keyring: Keyring;
  store: EventStore;
  /** Runtime role: reads as an organisation. */
  database: DataSource;
  /** Job role: builds the projection. */
  jobs: DataSource;
  logger: Logger;
  clock(): Date;
  telemetry: Pick<Telemetry, 'metrics'>;
}

export interface UseCases {
  append: AppendEntries;
  query: QueryRecords;
  export: ExportRecords;
  policyHeads: ReadPolicyHeads;
  recorded: TellRecorded;
  decidedCalls: ReadDecidedCalls;
  sealedSections: ReadSealedSections;
}

export interface Audit {
  useCases: UseCases;
  segments: SegmentRegistry;
  clock: AppendClock;
  leadership: Leadership;
  work: LeaderWork;
  checks: ReadinessCheck[];
  counter: WriteCounter;
}

/** A reader on another replica waits this much longer at most. */
const COLLECTING_MS = 100;

/** The only place that knows which adapter stands behind which port. */
export function compose(parts: Parts): Audit {
  const { config, keyring, store, logger } = parts;
  const now = parts.clock;
  const nowMs = (): number => now().getTime();
  const clock = new AppendClock(now);
  const segments = new SegmentRegistry(store);
  const view = new PostgresRecordView(parts.database);
  const collecting = new CollectingTime(COLLECTING_MS);
  const barrier = new ProjectedHeads({ store, view, segments, clock, collecting, now: nowMs });
  const earlier = new FindEarlier(new ProjectedEarlierRecords(view, barrier));
  const log = new RecordLog(store, segments, nowMs);
  const records = new RecordOnce(log, earlier, nowMs);
  const accept = new AcceptEntry(
    { keyring, clock, now, intentDeadlineMs: config.INTENT_DEADLINE_MS },
    earlier,
  );
  const deadlineMs = config.APPEND_DEADLINE_MS;

  const projection = new PostgresProjection(parts.jobs);
  const projecting = new RunProjection({ store, segments, projection, collecting, logger });
  const closing = new ClosingCalls();
  const overdue = new InterruptOverdue({ projection, barrier, records, closing, clock, deadlineMs });
  const { metrics } = parts.telemetry;
  const interrupting = new RunInterruption(overdue, {
    logger,
    intervalMs: config.INTERRUPT_INTERVAL_MS,
    closed: metrics.counter(INTERRUPTED_CALLS),
  });
  publishProjectionLag(metrics, { store, projection, now: nowMs });
  const leadership = new PostgresLeadership(parts.jobs, 'portcullis/audit/projection', logger);
  const reading = { keyring, view, barrier, now };
  const decided = new PostgresDecidedCalls(parts.database);
  return {
    useCases: {
      append: new AppendEntries({ keyring, accept, records, closing, logger, deadlineMs, now }),
      query: new QueryRecords(reading),
      export: new ExportRecords(reading),
      policyHeads: new ReadPolicyHeads(new PostgresPolicyHeads(parts.database)),
      recorded: new TellRecorded(new PostgresRecorded(parts.database)),
      decidedCalls: new ReadDecidedCalls({ view: decided, barrier, now }),
      sealedSections: new ReadSealedSections(decided),
    },
    segments,
    clock,
    leadership,
    work: inOrder(projecting, interrupting),
    checks: readinessChecks({ store, database: parts.database, leadership, projecting }),
    counter: log.counter,
  };
}

/** Started in this order, stopped in the other. */
const inOrder = (first: LeaderWork, second: LeaderWork): LeaderWork => ({
  start: () => {
    first.start();
    second.start();
  },
  stop: async () => {
    await second.stop();
    await first.stop();
  },
});

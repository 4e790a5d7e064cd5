import { canonicalJson, type AuditRow } from '@portcullis/contracts';
import { stringify } from 'csv-stringify/sync';

type Cell = string | number | null | undefined;

/** Column → value. The order is part of the format: new columns are added at the end. */
const COLUMNS: Record<string, (row: AuditRow) => Cell> = {
  time: ({ record }) => record.time,
  recordId: ({ record }) => record.recordId,
  class: ({ record }) => record.class,
  type: ({ record }) => record.type,
  actorKind: ({ record }) => record.actor.kind,
  actorId: ({ record }) => record.actor.id,
  client: ({ record }) => record.actor.client,
  agent: ({ record }) => record.actor.agent,
  session: ({ record }) => record.actor.session,
  operation: ({ record }) => record.action.op,
  server: ({ record }) => record.action.slug,
  serverId: ({ record }) => record.action.srv,
  tool: ({ record }) => record.action.tool,
  label: ({ record }) => record.action.label,
  decision: ({ record }) => record.decision?.result,
  rule: ({ record }) => record.decision?.rule,
  policyRevision: ({ record }) => record.decision?.revision,
  policyDigest: ({ record }) => record.decision?.policyDigest,
  outcome: ({ state }) => state?.status,
  latencyMs: (row) => outcomeOf(row)?.latencyMs,
  argumentBytes: ({ record }) => record.call?.argumentBytes,
  resultBytes: (row) => outcomeOf(row)?.resultBytes,
  error: (row) => outcomeOf(row)?.error,
  call: ({ record }) => record.call?.id,
  attempt: ({ record }) => record.call?.attempt,
  stream: ({ stream }) => stream,
  streamRevision: ({ revision }) => revision,
  dataHash: ({ dataHash }) => dataHash,
  targetType: ({ record }) => record.action.target?.type,
  targetId: ({ record }) => record.action.target?.id,
  data: ({ record }) => record.data && canonicalJson(record.data),
};

/** An outcome's row shows its own; an intent's row shows what became of it. */
const outcomeOf = ({ record, state }: AuditRow) => record.outcome ?? state?.outcome;

export const CSV_COLUMNS = Object.keys(COLUMNS);

const FORMAT = {
  record_delimiter: '\r\n',
  // A cell that a spreadsheet would take for a formula (= + - @ tab CR) gets a leading apostrophe.
  escape_formulas: true,
} as const;

/** RFC 4180. */
export const csvHeader = (): string => stringify([CSV_COLUMNS], FORMAT);

export const csvLine = (row: AuditRow): string =>
  stringify([Object.values(COLUMNS).map((value) => value(row) ?? '')], FORMAT);

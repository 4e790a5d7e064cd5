import type { AuditFilter } from '@portcullis/contracts';
import { columnText } from './column-text.js';
import type { PageRequest, PagePosition } from '../ports/record-view.js';

export interface Sql {
  text: string;
  parameters: unknown[];
}

type Condition = (value: string) => string;

/** A server is named by its id or by its slug; the two can't be confused, since ids are upper case. */
const SERVER_ID = /^[0-9A-Z]{26}$/;

const COLUMNS: Partial<Record<keyof AuditFilter, Condition>> = {
  class: (value) => `class = ${value}`,
  from: (value) => `time >= ${value}::timestamptz`,
  to: (value) => `time < ${value}::timestamptz`,
  actor: (value) => `actor = ${value}`,
  tool: (value) => `tool = ${value}`,
  outcome: (value) => `status = ${value}`,
  action: (value) => `op = ${value}`,
};

/** Values are bound, never written into the text. `org` is redundant beside row-level security, and meant to be. */
export function pageSql(org: string, { filter, order, limit, maxBytes, after }: PageRequest): Sql {
  const parameters: unknown[] = [org];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions = ['org_id = $1', ...conditionsOf(filter, bind), ...keyset(order, after, bind)];
  const direction = order === 'newest' ? 'DESC' : 'ASC';
  const text = `
    SELECT p.*, c.outcome_record, c.outcome FROM (
      SELECT w.*, count(*) OVER () AS candidates,
        sum(octet_length(data)) OVER (ORDER BY time ${direction}, record_id ${direction}) - octet_length(data) AS before
      FROM (
        SELECT org_id, record_id, time, grant_hash, status, stream, revision, data_hash, data FROM records
        WHERE ${conditions.join(' AND ')}
        ORDER BY time ${direction}, record_id ${direction} LIMIT ${bind(limit + 1)}) w) p
    LEFT JOIN calls c ON c.org_id = p.org_id AND c.grant_hash = p.grant_hash
    WHERE p.before < ${bind(maxBytes)}
    ORDER BY p.time ${direction}, p.record_id ${direction} LIMIT ${bind(limit)}`;
  return { text, parameters };
}

function conditionsOf(filter: AuditFilter, bind: (value: unknown) => string): string[] {
  const conditions = Object.entries(COLUMNS).flatMap(([field, condition]) => {
    const value = filter[field as keyof AuditFilter];
    return value === undefined ? [] : [condition(bind(columnText(value)))];
  });
  const { server } = filter;
  if (server !== undefined) conditions.push(`${SERVER_ID.test(server) ? 'srv' : 'slug'} = ${bind(server)}`);
  return conditions;
}

function keyset(
  order: PageRequest['order'],
  after: PagePosition | null,
  bind: (value: unknown) => string,
): string[] {
  if (after === null) return [];
  const comparison = order === 'newest' ? '<' : '>';
  return [`(time, record_id) ${comparison} (${bind(after.time)}::timestamptz, ${bind(after.recordId)})`];
}

const placeholders = (count: number): string => Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');

const advanceHead = (org: string, stream: string, revision: string): string => `
  INSERT INTO heads (org_id, stream, revision) VALUES (${org}, ${stream}, ${revision})
  ON CONFLICT (org_id, stream) DO UPDATE SET revision = GREATEST(heads.revision, excluded.revision)`;

/** One round trip: the row, unless its recordId is taken, and how far its stream has been read. */
export const INSERT_RECORD = `
  WITH head AS (${advanceHead('$1', '$17', '$18')}),
  added AS (
    INSERT INTO records (org_id, record_id, class, type, time, actor, srv, slug, tool, op, label, rule, call, attempt,
      grant_hash, status, stream, revision, data_hash, data)
    VALUES (${placeholders(20)})
    ON CONFLICT (org_id, record_id) DO NOTHING RETURNING true)
  SELECT EXISTS (SELECT FROM added) AS inserted`;

export const INSERT_FAULT = `
  WITH head AS (${advanceHead('$1', '$2', '$3')}),
  added AS (
    INSERT INTO faults (org_id, stream, revision, reason) VALUES ($1, $2, $3, $4)
    ON CONFLICT (org_id, stream, revision) DO NOTHING RETURNING true)
  SELECT EXISTS (SELECT FROM added) AS inserted`;

export const SELECT_FIRST = 'SELECT data FROM records WHERE org_id = $1 AND record_id = $2';

/** `FOR UPDATE`: two replicas that project the same event for a moment do it one after the other. */
export const SELECT_CALL = `
  SELECT call, attempt, intent, deadline, status, outcome_record, outcome
  FROM calls WHERE org_id = $1 AND grant_hash = $2 FOR UPDATE`;

/** Every row of the call shows its state; only a pending one has a deadline to watch. */
export const UPSERT_CALL = `
  WITH state AS (
    INSERT INTO calls (org_id, grant_hash, call, attempt, intent, deadline, status, outcome_record, outcome)
    VALUES ($1, $2, $3, $4, $5, $6::timestamptz, $7, $8, $9)
    ON CONFLICT (org_id, grant_hash) DO UPDATE SET intent = excluded.intent, deadline = excluded.deadline,
      status = excluded.status, outcome_record = excluded.outcome_record, outcome = excluded.outcome),
  watched AS (
    INSERT INTO deadlines (deadline, org_id, grant_hash)
    SELECT $6::timestamptz, $1, $2 WHERE $7 = 'pending' AND $6 IS NOT NULL
    ON CONFLICT DO NOTHING),
  unwatched AS (
    DELETE FROM deadlines WHERE $7 <> 'pending' AND deadline = $6::timestamptz AND org_id = $1 AND grant_hash = $2)
  UPDATE records SET status = $7
  WHERE org_id = $1 AND grant_hash = $2 AND status IS DISTINCT FROM $7`;

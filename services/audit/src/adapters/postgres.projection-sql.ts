/** These run as one organisation, `$1` being rows of it as JSON: one statement however many there are. */

export const INSERT_RECORDS = `
  INSERT INTO records SELECT * FROM json_populate_recordset(NULL::records, $1::json)
  ON CONFLICT (org_id, record_id) DO NOTHING RETURNING record_id`;

/** Streams with the highest revision of this batch: `{org_id, stream, revision}`. */
export const ADVANCE_HEADS = `
  INSERT INTO heads SELECT * FROM json_populate_recordset(NULL::heads, $1::json)
  ON CONFLICT (org_id, stream) DO UPDATE SET revision = GREATEST(heads.revision, excluded.revision)`;

export const INSERT_FAULTS = `
  INSERT INTO faults SELECT * FROM json_populate_recordset(NULL::faults, $1::json)
  ON CONFLICT (org_id, stream, revision) DO NOTHING RETURNING stream, revision`;

export const SELECT_FIRST = 'SELECT record_id, data FROM records WHERE org_id = $1 AND record_id = ANY ($2)';

const isOpen = `
  (c.status = 'pending' OR (c.status = 'interrupted' AND excluded.status NOT IN ('pending', 'interrupted')))`;

/**
 * `$1` is what a batch makes of each call by itself, `evolveCall` from nothing. Merged into what is stored by the same
 * rule: the first intent and the first outcome count, any real outcome replaces an interruption. By the upsert's own
 * lock, so two replicas that project the same events for a moment lose nothing. Then every row of a call shows its
 * state, and only a pending call has a deadline to watch.
 */
export const ADVANCE_CALLS = `
  WITH changed AS (
    INSERT INTO calls AS c SELECT * FROM json_populate_recordset(NULL::calls, $1::json)
    ON CONFLICT (org_id, grant_hash) DO UPDATE SET
      intent = COALESCE(c.intent, excluded.intent),
      deadline = CASE WHEN c.intent IS NULL THEN excluded.deadline ELSE c.deadline END,
      status = CASE WHEN ${isOpen} THEN excluded.status ELSE c.status END,
      outcome_record = CASE WHEN ${isOpen} THEN excluded.outcome_record ELSE c.outcome_record END,
      outcome = CASE WHEN ${isOpen} THEN excluded.outcome ELSE c.outcome END
    RETURNING *),
  watched AS (
    INSERT INTO deadlines (deadline, org_id, grant_hash)
    SELECT deadline, org_id, grant_hash FROM changed WHERE status = 'pending' AND deadline IS NOT NULL
    ON CONFLICT DO NOTHING),
  unwatched AS (
    DELETE FROM deadlines d USING changed c WHERE c.status <> 'pending' AND d.deadline = c.deadline
    AND d.org_id = c.org_id AND d.grant_hash = c.grant_hash)
  UPDATE records r SET status = c.status FROM changed c
  WHERE r.org_id = c.org_id AND r.grant_hash = c.grant_hash AND r.class = 'calls'
    AND r.status IS DISTINCT FROM c.status`;

/** Never goes back, and of one revision the first word counts: `{org_id, revision, head}`. */
export const ADVANCE_POLICY_HEADS = `
  INSERT INTO policy_heads SELECT * FROM json_populate_recordset(NULL::policy_heads, $1::json)
  ON CONFLICT (org_id) DO UPDATE SET revision = excluded.revision, head = excluded.head
  WHERE excluded.revision > policy_heads.revision`;

export const STORE_CHECKPOINT = `
  INSERT INTO checkpoints (name, position) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET position = GREATEST(checkpoints.position, excluded.position)`;

export const SELECT_OVERDUE =
  'SELECT org_id, grant_hash FROM deadlines WHERE deadline < $1 ORDER BY deadline LIMIT $2';

export const SELECT_PENDING_INTENT = `
  SELECT r.data FROM calls c JOIN records r ON r.org_id = c.org_id AND r.record_id = c.intent
  WHERE c.org_id = $1 AND c.grant_hash = $2 AND c.status = 'pending'`;

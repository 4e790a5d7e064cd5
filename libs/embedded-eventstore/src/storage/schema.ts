/**
 * `position` is both commit and prepare position. `event` keeps its wide columns last, so that a scan over position,
 * stream and type does not touch their overflow pages. `scavenge` has a row while there is one to be finished.
 */
export const schemaOf = (database: 'main' | 'fresh'): string => `
CREATE TABLE IF NOT EXISTS ${database}.stream (
  id              INTEGER PRIMARY KEY,
  name            TEXT NOT NULL UNIQUE,
  last_revision   INTEGER NOT NULL DEFAULT -1,
  tombstoned      INTEGER NOT NULL DEFAULT 0,
  soft_deleted    INTEGER NOT NULL DEFAULT 0,
  truncate_before INTEGER NOT NULL DEFAULT 0,
  max_count       INTEGER,
  max_age_s       INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS ${database}.event (
  position   INTEGER PRIMARY KEY,
  stream_id  INTEGER NOT NULL REFERENCES stream (id),
  revision   INTEGER NOT NULL,
  type       TEXT NOT NULL,
  is_json    INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  id         BLOB NOT NULL,
  metadata   BLOB NOT NULL,
  data       BLOB NOT NULL,
  UNIQUE (stream_id, revision)
) STRICT;
CREATE INDEX IF NOT EXISTS ${database}.event_id ON event (id);
CREATE TABLE IF NOT EXISTS ${database}.scavenge (
  id         TEXT PRIMARY KEY,
  position   INTEGER NOT NULL,
  started_ms INTEGER NOT NULL
) STRICT;
`;

/** `PRAGMA user_version` of the layout above; another number is refused. */
export const FORMAT = 1;

/** Stored revision of a tombstone; on the wire it is 2^63 - 1, which does not fit a JavaScript number. */
export const TOMBSTONE_REVISION = -1;

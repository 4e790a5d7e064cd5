/** A rule of the node broken on purpose, in what is built. */
export interface Mutation {
  name: string;
  /** Below `dist`. */
  file: string;
  /** Each text has to be there exactly once. */
  edits: readonly [find: string, replace: string][];
  /** Beginning of the name of the tests that have to notice. */
  noticedBy: string;
}

const of =
  (file: string) =>
  (name: string, find: string, replace: string, noticedBy: string): Mutation => ({
    name,
    file,
    edits: [[find, replace]],
    noticedBy,
  });

const check = of('storage/expected-version.js');
const log = of('storage/event-log.js');
const table = of('storage/event-table.js');
const retention = of('storage/stream-metadata.js');
const record = of('storage/stream-record.js');
const readAll = of('reading/read-all.js');
const readStream = of('reading/read-stream.js');
const followAll = of('reading/subscribe-all.js');
const followStream = of('reading/subscribe-stream.js');
const filter = of('protocol/event-filter.js');

const APPENDS: Mutation[] = [
  check('the expected revision is not checked', 'if (expected === current)', 'if (true)', 'append'),
  check(
    'no_stream is taken for any',
    "expected === 'any' || expected === 'stream_exists')",
    "typeof expected === 'string')",
    'append',
  ),
  check(
    'stream_exists does not need a stream',
    "=> expected === 'any' || expected === 'no_stream'",
    "=> typeof expected === 'string'",
    'append',
  ),
  check(
    'a repetition at an exact revision is not seen',
    'expected < current ?',
    'false ?',
    'a repeated append',
  ),
  check('a repetition at any is not seen', 'known.byId ?', 'false ?', 'a repeated append'),
  check('half a repetition is stored', 'index === 0 ? OK', 'true ? OK', 'a repeated append'),
  check(
    'any append at an old revision is a repetition',
    'Buffer.compare(stored.id, event.id) !== 0',
    'false',
    'append',
  ),
  check(
    'a repetition is answered with the end of the stream',
    "kind: 'repeated', ...last }",
    "kind: 'repeated', ...last, revision: stream.lastRevision }",
    'a repeated append',
  ),
  table(
    'ids are looked up in all streams',
    'WHERE id = ? AND stream_id = ?',
    'WHERE id = ? AND ? IS NOT NULL',
    'a repeated append',
  ),
  log(
    'the answer names the place of the first event',
    'position: first + events.length - 1',
    'position: first',
    'append',
  ),
  of('storage/group-commit.js')(
    'a group is written backwards',
    'for (const { work } of group)',
    'for (const { work } of group.toReversed())',
    'batch append',
  ),
  {
    name: 'an append is acknowledged before it is committed',
    file: 'storage/group-commit.js',
    edits: [
      ["db.exec('BEGIN IMMEDIATE')", "if (!db.isTransaction) db.exec('BEGIN IMMEDIATE')"],
      ["db.exec('COMMIT')", "setTimeout(() => db.isTransaction && db.exec('COMMIT'), 300)"],
    ],
    noticedBy: 'after SIGKILL',
  },
  of('protocol/proposed-message.js')(
    'an append may have any size',
    'this.#bytes > MAX_APPEND_BYTES',
    'this.#bytes > Infinity',
    'sizes',
  ),
  of('protocol/proposed-message.js')(
    'everything is JSON',
    "isJson: contentType === 'application/json'",
    'isJson: true',
    'append',
  ),
];

const DELETES: Mutation[] = [
  check(
    'a deleted stream exists',
    "expected === 'stream_exists' && stream.softDeleted",
    'false',
    'a deleted stream',
  ),
  check(
    'a deleted stream is not missing',
    'expected === NO_STREAM && stream.softDeleted',
    'false',
    'a deleted stream',
  ),
  check('a tombstone does not stop appends', 'if (stream.tombstoned)', 'if (false)', 'a tombstoned stream'),
  log('a tombstone is not remembered', 'this.streams.tombstone(stream);', '', 'a tombstoned stream'),
  log(
    'a recreated stream begins at 0',
    'const next = stream.lastRevision + 1;',
    'if (stream.softDeleted) stream.lastRevision = -1; const next = stream.lastRevision + 1;',
    'a deleted stream',
  ),
  retention('a recreated stream shows what was deleted', '$tb: from', '$tb: 0', 'a deleted stream'),
  of('protocol/read-responses.js')(
    'a tombstone has revision 0',
    'event.revision === TOMBSTONE_REVISION ? MAX_INT64',
    "event.revision === TOMBSTONE_REVISION ? '0'",
    'a tombstoned stream',
  ),
  of('protocol/read.rpc.js')(
    'a subscription does not say why it ends',
    'if (name !== undefined && !signal.aborted)',
    'if (false)',
    'a tombstoned stream',
  ),
];

const METADATA: Mutation[] = [
  record(
    '$tb hides nothing',
    'Math.max(0, stream.truncateBefore, byCount)',
    'Math.max(0, byCount)',
    'stream metadata',
  ),
  record('$maxCount hides nothing', 'maxCount === undefined ? 0', 'true ? 0', 'stream metadata'),
  record(
    '$maxCount leaves one less',
    'stream.lastRevision - maxCount + 1',
    'stream.lastRevision - maxCount + 2',
    'stream metadata',
  ),
  record('old metadata is shown', 'isMetastream(stream.name) ? 1 :', 'false ? 1 :', 'stream metadata'),
  readStream(
    '$maxAge hides nothing',
    'stream.maxAgeSeconds === undefined ? 0',
    'true ? 0',
    'stream metadata',
  ),
  readStream(
    '$maxAge is in milliseconds',
    'stream.maxAgeSeconds * 1000',
    'stream.maxAgeSeconds',
    'stream metadata',
  ),
  retention(
    'a $maxCount of 0 hides everything',
    'atLeast(1, $maxCount)',
    'atLeast(0, $maxCount)',
    'stream metadata',
  ),
  retention(
    'a field that is no integer is left out alone',
    '.every(isIntegerOrAbsent)',
    '.every(() => true)',
    'stream metadata',
  ),
];

const READS: Mutation[] = [
  readStream(
    'a read of a stream begins after its revision',
    'last + 1 : from;',
    'last + 1 : from + 1;',
    'reading a stream',
  ),
  readStream(
    'a page is lost at its border',
    'first = reached + 1',
    'first = reached + 2',
    'reading a stream',
  ),
  readAll(
    'a read of $all begins after its position',
    'first: at, last: end',
    'first: at + 1, last: end',
    'the edges of $all',
  ),
  readAll(
    'a read of $all backwards includes its position',
    'Math.min(end, at - 1)',
    'Math.min(end, at)',
    'the edges of $all',
  ),
  readAll('a read of $all has no limit', 'left -= 1;', '', 'the edges of $all'),
  readAll(
    'a read of $all loses events between pages',
    'last = reached - 1',
    'last = reached - 2',
    'the edges of $all',
  ),
];

const SUBSCRIPTIONS: Mutation[] = [
  followAll(
    'a subscription to $all includes its position',
    'storage.end() : from;',
    'storage.end() : from - 1;',
    'the edges of $all',
  ),
  followAll(
    'from the end means from the start',
    "from === 'end' ? storage.end()",
    "from === 'end' ? 0",
    'the edges of $all',
  ),
  followAll(
    'what is written while it catches up is skipped',
    "yield { kind: 'caught_up' };",
    "yield { kind: 'caught_up' }; cursor = storage.end();",
    'from the past into the present',
  ),
  followAll('caught-up is never said', "yield { kind: 'caught_up' };", '', 'the edges of $all'),
  followAll('the filter is ignored', '!this.#filter || this.#filter.matches(scanned)', 'true', 'filters'),
  followAll(
    'only matching events are counted for checkpoints',
    'this.#sinceCheckpoint += 1;',
    'this.#sinceCheckpoint += Number(this.#filter.matches(scanned));',
    'checkpoints',
  ),
  followAll(
    'checkpoints come half as often',
    '>= this.#filter.checkpointInterval',
    '>= 2 * this.#filter.checkpointInterval',
    'checkpoints',
  ),
  followAll(
    'checkpoints run ahead',
    "return { kind: 'checkpoint', position };",
    "return { kind: 'checkpoint', position: position + 30 };",
    'checkpoints',
  ),
  followStream(
    'a subscription to a stream includes its revision',
    '(stream?.lastRevision ?? -1) : from;',
    '(stream?.lastRevision ?? -1) : from - 1;',
    'a subscription to a stream',
  ),
  followStream(
    'a stream is said to have been caught up with before it was',
    'if (isReadable(stream)) {',
    "if (!live) yield { kind: 'caught_up' }; live = true; if (isReadable(stream)) {",
    'from the past into the present',
  ),
  filter('a prefix may be anywhere', 'text.startsWith(prefix)', 'text.includes(prefix)', 'filters'),
  filter(
    'a type is looked for in the stream name',
    'test(event.type)',
    'test(event.stream)',
    'a subscription to $all',
  ),
  filter('an expression has to match everything', '.find()', '.matches()', 'filters'),
];

const ACCESS: Mutation[] = [
  of('security/authenticate.js')('every password is good', 'if (known ||', 'if (true ||', 'access'),
];

const removable = of('scavenging/removable.js');
const rewrite = of('scavenging/rewrite.js');

const SCAVENGES: Mutation[] = [
  removable(
    'a scavenge removes nothing',
    'if (stream.tombstoned)',
    'return false;\nif (stream.tombstoned)',
    'a scavenge',
  ),
  removable('a scavenge removes last events', 'event.revision >= stream.lastRevision', 'false', 'a scavenge'),
  removable(
    'a scavenge removes tombstones',
    'return event.revision !== TOMBSTONE_REVISION',
    'return true',
    'a scavenge',
  ),
  removable(
    'a scavenge keeps the metadata of tombstoned streams',
    'if (ofTombstoned)',
    'if (false)',
    'a scavenge',
  ),
  removable('a scavenge leaves what has expired', 'createdMs < nowMs', 'createdMs < 0 * nowMs', 'a scavenge'),
  rewrite(
    'a scavenge forgets what was written meanwhile',
    'while (this.step())',
    'while (false)',
    'while a scavenge runs',
  ),
  rewrite(
    'a scavenge sets revisions back',
    'last_revision = excluded.last_revision,',
    '',
    'while a scavenge runs',
  ),
  of('scavenging/scavenger.js')(
    'a crash ends a scavenge',
    'if (interrupted)',
    'if (false)',
    'while a scavenge runs',
  ),
];

/**
 * Not here because no test through the protocol can notice it: `synchronous` below FULL. SIGKILL leaves the operating
 * system its buffers; only losing power would show it. `event-storage.spec.ts` reads the pragma instead.
 */
export const MUTATIONS: readonly Mutation[] = [
  ...APPENDS,
  ...DELETES,
  ...METADATA,
  ...READS,
  ...SUBSCRIPTIONS,
  ...ACCESS,
  ...SCAVENGES,
];

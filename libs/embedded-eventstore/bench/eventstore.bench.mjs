// The embedded node through the official client, the node's storage without the protocol, and the same rows written to
// SQLite by bare statements: all with WAL and synchronous=FULL, in the same directory, by turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bareSqlite, node, storage } from './contenders.mjs';

const ROUNDS = 5;
const ROUND = { seconds: 0.5, warmupSeconds: 0.1 };
const READ = 1000;

/** How the store is used: events in one append, appends under way at a time. */
const LOADS = [
  { metric: 'append, 1 in flight', events: 1, inFlight: 1 },
  { metric: 'append, 64 in flight', events: 1, inFlight: 64 },
  { metric: 'append of 100 events, 1 in flight', events: 100, inFlight: 1 },
];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export default async function eventstore(run) {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const open = [];
  try {
    for (const start of [node, storage, bareSqlite]) open.push(await start(directory));
    const rows = [];
    for (const load of LOADS) {
      run.say(`eventstore: ${load.metric}`);
      rows.push(...(await appends(run, open, load)));
    }
    run.say('eventstore: reads');
    return [...rows, ...(await reads(run, open))];
  } finally {
    for (const contender of open) await contender.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function appends(run, contenders, { metric, events, inFlight }) {
  const operations = contenders.map((contender) => contender.appender(inFlight, events));
  const [ours, alone, bare] = await byTurns(run, operations, { inFlight, events });
  return [
    row(`${metric}: node / bare SQLite`, 'events/s', ours, bare),
    row(`${metric}: storage alone / bare SQLite`, 'events/s', alone, bare),
    row(`${metric}: p50, node / bare SQLite`, 'ms p50', ours, bare),
    row(`${metric}: p99, node / bare SQLite`, 'ms p99', ours, bare),
  ];
}

async function reads(run, [network, , bare]) {
  await network.fill('to-read', READ);
  bare.fill('to-read', READ);
  const all = [() => network.read('to-read', READ), () => bare.read('to-read', READ)];
  const last = [() => network.last('to-read'), () => bare.last('to-read')];
  const many = await byTurns(run, all, { inFlight: 1, events: READ });
  const one = await byTurns(run, last, { inFlight: 1, events: 1 });
  return [
    row(`read of ${READ} events: node / bare SQLite`, 'events/s', ...many),
    row('read of the last event: p50, node / bare SQLite', 'ms p50', ...one),
  ];
}

/** Medians of the rounds; the ratio is that within a round, in which both met the same machine. */
function row(metric, unit, ours, theirs) {
  const [values, baselines] = [ours, theirs].map((rounds) => rounds.map((round) => round[unit]));
  const ratio = median(values.map((value, index) => value / baselines[index]));
  return { metric, value: median(values), unit: unit.split(' ')[0], baseline: median(baselines), ratio };
}

/**
 * Rounds of every operation, one after the other within a round; the first only warms up. Bare statements block, so
 * they are one at a time and write what would be in flight together at once.
 */
async function byTurns(run, operations, { inFlight, events }) {
  const results = operations.map(() => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [index, operation] of operations.entries()) {
      const concurrency = operation.perOperation ? 1 : inFlight;
      const measured = await run.measure(operation, { ...ROUND, concurrency });
      if (round > 0) results[index].push(figures(measured, events * (operation.perOperation ?? 1)));
    }
  }
  return results;
}

const figures = ({ perSecond, p50Micros, p99Micros }, events) => ({
  'events/s': perSecond * events,
  'ms p50': p50Micros / 1000,
  'ms p99': p99Micros / 1000,
});

// How long a replica of policy takes until it knows every organisation, and what it holds in memory then: from the first
// fact, and from snapshots. The store is the embedded node; the replica is a process of its own.
import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startEventStoreNode } from '@portcullis/embedded-eventstore/testing';
import { connectEventStore } from '@portcullis/eventing';
import { factCodec, policyStream } from '@portcullis/policy-engine';
import { sealFact } from '../dist/chain/fact-chain.js';
import { registryCodec } from '../dist/replica/registry.js';
import { PolicySnapshots } from '../dist/snapshots/policy-snapshots.js';
import { snapshotGap } from '../dist/snapshots/snapshot-gap.js';
import { factsOf, ulid } from './policy-facts.mjs';

const SIZES = { full: { orgs: 1000, facts: 1000 }, quick: { orgs: 40, facts: 200 } };
const ROUNDS = 3;
const BATCH = 250;
const WRITERS = 4;
const REPLICA = fileURLToPath(new URL('./start-replica.mjs', import.meta.url));

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export default async function policyStore(run) {
  const size = run.quick ? SIZES.quick : SIZES.full;
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'));
  const node = await startEventStoreNode();
  const { privateKey } = generateKeyPairSync('ed25519');
  const keyFile = join(directory, 'key.pem');
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const keys = { sign: (bytes) => ({ kid: 'bench', signature: sign(null, bytes, privateKey) }) };
  const store = connectEventStore({ url: node.url });
  try {
    const begin = (snapshots) => startReplica(node.url, keyFile, snapshots);
    const empty = await begin('no');
    const written = await fill(run, { store, keys, size });
    run.say('policy-store: a start from the first fact');
    const whole = await begin('no');
    const saved = await saveSnapshots(run, { store, keys, written });
    const rounds = [];
    for (let round = 1; round <= (run.quick ? 1 : ROUNDS); round += 1) {
      run.say(`policy-store: a start from snapshots, ${round} of ${ROUNDS}`);
      rounds.push(await begin('yes'));
    }
    return rowsOf(size, { empty, whole, rounds, written, saved });
  } finally {
    await store.close();
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startReplica(url, keyFile, snapshots) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    REPLICA,
    url,
    keyFile,
    snapshots,
  ]);
  return JSON.parse(stdout);
}

/** The same facts for every organisation, sealed for each as policy does. */
async function fill(run, { store, keys, size }) {
  const { facts, states } = factsOf(ulid('AAA', 0), size.facts);
  const orgs = Array.from({ length: size.orgs }, (_, n) => ulid('AAA', n));
  const heads = new Map();
  const queue = orgs.map((org, index) => ({ org, index }));
  const began = performance.now();
  const writer = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next.index % 100 === 0)
        run.say(`policy-store: facts of organisation ${next.index} of ${size.orgs}`);
      // Snapshots are as old as they happen to be: evenly spread over the gap between two of them.
      const at = size.facts - 1 - (next.index % Number(snapshotGap(BigInt(size.facts))));
      const { org } = next;
      heads.set(org, { at, event: await writeFacts(store, keys, { org, facts, at }) });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  const seconds = (performance.now() - began) / 1000;
  const announced = orgs.map((org) => ({
    id: randomUUID(),
    ...registryCodec.encode({
      type: 'policy.OrganisationAnnounced',
      data: { org, time: '2026-11-21T12:00:00.000Z' },
    }),
  }));
  await store.append('policy-orgs', announced, { expected: 'no_stream' });
  return { states, heads, perSecond: (size.orgs * size.facts) / seconds };
}

/** Gives the fact at the revision `at`. */
async function writeFacts(store, keys, { org, facts, at }) {
  const stream = policyStream(org);
  const seal = sealFact(keys);
  let previous;
  let wanted;
  let batch = [];
  for (const [index, fact] of facts.entries()) {
    const { type, data } = factCodec.encode({ ...fact, data: { ...fact.data, org } });
    const revision = BigInt(index);
    const sealed = seal({ id: randomUUID(), type, data, metadata: {} }, { stream, revision, previous });
    previous = { ...sealed, stream, revision };
    if (index === at) wanted = previous;
    batch.push(sealed);
    if (batch.length < BATCH && index < facts.length - 1) continue;
    await store.append(stream, batch, { expected: 'any' });
    batch = [];
  }
  return wanted;
}

async function saveSnapshots(run, { store, keys, written: { states, heads } }) {
  run.say('policy-store: snapshots');
  const snapshots = new PolicySnapshots({ store, keys, clock: () => new Date() });
  const began = performance.now();
  for (const [org, { at, event }] of heads) {
    const state = { ...states[at], org };
    await snapshots.save(org, { state, revision: BigInt(at), last: event });
  }
  return { millis: (performance.now() - began) / heads.size };
}

function rowsOf({ orgs, facts }, { empty, whole, rounds, written, saved }) {
  const of = (key) => median(rounds.map((round) => round[key]));
  const stored = orgs * facts;
  if (whole.facts !== stored || of('facts') !== stored)
    throw new Error('The replica does not know every fact.');
  const size = `${orgs} × ${facts} facts`;
  const row = (metric, unit, value, baseline = null) => ({
    metric,
    value,
    unit,
    baseline,
    goal: metric.endsWith('facts: from snapshots') ? '< 10 s' : null,
  });
  return [
    row(`cold start, ${size}: from the first fact`, 's', whole.startSeconds),
    row(`cold start, ${size}: from snapshots`, 's', of('startSeconds'), whole.startSeconds),
    row('cold start of an empty replica', 's', empty.startSeconds),
    row('processor time of an empty replica', 's', empty.cpuSeconds),
    row('processor time of that start: from the first fact', 's', whole.cpuSeconds),
    row('processor time of that start: from snapshots', 's', of('cpuSeconds'), whole.cpuSeconds),
    row('processor time of a fact, from the first fact', 'µs', (whole.cpuSeconds * 1e6) / stored),
    row('comparing every organisation with store and anchor, every 30 s', 's', of('compareSeconds')),
    row('resident memory of an empty replica', 'MiB', empty.rss),
    row('resident memory after it: from the first fact', 'MiB', whole.rss),
    row('resident memory after it: from snapshots', 'MiB', of('rss'), whole.rss),
    row('heap after it: from the first fact', 'MiB', whole.heap),
    row('heap after it: from snapshots', 'MiB', of('heap'), whole.heap),
    row('storing a snapshot', 'ms', saved.millis),
    row('sealing and appending facts, in batches of 250', 'facts/s', written.perSecond),
  ];
}

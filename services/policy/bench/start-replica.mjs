// One replica of policy as a process of its own, started on what is stored: says how long that took and what it holds.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connectEventStore } from '@portcullis/eventing';
import { headOf, verifyFactHead, verifyFactLink } from '../dist/chain/fact-chain.js';
import { FactReader } from '../dist/replica/fact-reader.js';
import { PolicyReplica } from '../dist/replica/policy-replica.js';
import { OrganisationRegistry } from '../dist/replica/registry.js';
import { PolicySnapshots } from '../dist/snapshots/policy-snapshots.js';

const MIB = 1024 * 1024;
const [url, keyFile, withSnapshots] = process.argv.slice(2);
const privateKey = createPrivateKey(readFileSync(keyFile));
const publicKey = createPublicKey(privateKey);
const keys = {
  sign: (bytes) => ({ kid: 'bench', signature: sign(null, bytes, privateKey) }),
  verify: (_kid, bytes, signature) => verify(null, bytes, publicKey, signature),
};

const store = connectEventStore({ url });
const reader = new FactReader(store, verifyFactLink, verifyFactHead(keys));
const ignored = [];
const snapshots = new PolicySnapshots({
  store,
  reader,
  keys,
  clock: () => new Date(),
  onIgnored: (org, error) => ignored.push(`${org}: ${error.message}`),
});
const replica = new PolicyReplica({
  store,
  reader,
  registry: new OrganisationRegistry(store),
  snapshots: withSnapshots === 'yes' ? snapshots : { load: async () => undefined },
  onProblem: (problem) => ignored.push(String(problem)),
});

await replica.start();
// With the start of the process itself.
const startSeconds = process.uptime();
const { rss } = process.memoryUsage();
const { user, system } = process.cpuUsage();
// What it holds, not what it has thrown away: run with --expose-gc.
globalThis.gc();
const { heapUsed } = process.memoryUsage();
const compare = async () => {
  const queue = replica.known();
  const worker = async () => {
    for (let org = queue.pop(); org !== undefined; org = queue.pop()) {
      const { last } = replica.loaded(org);
      await replica.confirm(org, { revision: Number(last.revision), head: headOf(last) });
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
};
// The first time, before it is ready, nothing is read back: it has just been read.
await compare();
const began = performance.now();
await compare();
const compareSeconds = (performance.now() - began) / 1000;
if (ignored.length > 0 || replica.broken > 0) throw new Error(`not as it was written: ${ignored[0]}`);
const facts = replica.known().reduce((sum, org) => sum + Number(replica.verifiedRevision(org)) + 1, 0);
console.log(
  JSON.stringify({
    startSeconds,
    compareSeconds,
    cpuSeconds: (user + system) / 1e6,
    rss: rss / MIB,
    heap: heapUsed / MIB,
    facts,
  }),
);
await replica.stop();
await store.close();

import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, canonicalJson } from '@portcullis/contracts';
import { verifyGoldenEvents, type StoredEvent } from '@portcullis/eventing';
import {
  factCodec,
  initialState,
  policyStream,
  STATE_VERSION,
  storeState,
  type EngineCommand,
  type Fact,
} from '@portcullis/policy-engine';
import { BASE, MEMBER, ORG, run, ulid } from '@portcullis/policy-engine/testing';
import { MemoryStore } from '../../test/support/memory-store.js';
import { sealFact, verifyFact, verifyFactHead, verifyFactLink, type FactKeys } from '../chain/fact-chain.js';
import { FactReader } from '../replica/fact-reader.js';
import { OrganisationReplica } from '../replica/organisation-replica.js';
import { PolicySnapshots } from './policy-snapshots.js';
import { openSnapshot, snapshotCodec, snapshotStream, type TakenSnapshot } from './snapshot-event.js';
import { snapshotGap } from './snapshot-gap.js';

const EXPIRES = new Date('2027-01-01T00:00:00.000Z');
const BEFORE = new Date('2026-06-01T00:00:00.000Z');

function keysOf(kid: string): FactKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    sign: (bytes) => ({ kid, signature: sign(null, bytes, privateKey) }),
    verify: (used, bytes, signature, at) =>
      used === kid && at < EXPIRES && verify(null, bytes, publicKey, signature),
  };
}

const keys = keysOf('policy');
const ROLES: EngineCommand[] = Array.from({ length: 8 }, (_, n) => ({
  type: 'DefineRole',
  role: `role-${n}`,
  description: '',
}));
const FACTS: Fact[] = run(initialState, ...BASE, ...ROLES, { type: 'RemoveMember', user: MEMBER }).facts;
const stream = policyStream(ORG);

let store: MemoryStore;
let now: Date;
let ignored: string[];
const reader = (): FactReader => new FactReader(store, verifyFactLink, verifyFactHead(keys));
const thorough = (): FactReader => new FactReader(store, verifyFact(keys));
const snapshotsOf = (signer: FactKeys = keys): PolicySnapshots =>
  new PolicySnapshots({
    store,
    reader: reader(),
    keys: signer,
    clock: () => now,
    onIgnored: (_org, error) => ignored.push((error as Error).message),
  });
const facts = (): StoredEvent[] => store.streams.get(stream)!;
const stored = (): StoredEvent => store.streams.get(snapshotStream(ORG))!.at(-1)!;

/** Appends facts until there are so many, sealed as policy does. */
async function factsUpTo(count: number): Promise<void> {
  for (let index = store.streams.get(stream)?.length ?? 0; index < count; index += 1) {
    const { type, data } = factCodec.encode(FACTS[index]!);
    const previous = store.streams.get(stream)?.at(-1);
    const plain = { id: randomUUID(), type, data, metadata: {} };
    const sealed = await sealFact(keys)(plain, { stream, revision: BigInt(index), previous });
    await store.append(stream, [sealed], { expected: 'any' });
  }
}

beforeEach(async () => {
  store = new MemoryStore();
  now = BEFORE;
  ignored = [];
  await factsUpTo(10);
});

describe('a snapshot', () => {
  it('is where reading goes on, and gives the same state as all facts', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    await factsUpTo(FACTS.length);
    store.reads.length = 0;
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    expect(store.reads.filter((read) => read.stream === stream)).toMatchObject([
      { options: { from: 9n, fromLeader: true } },
    ]);
    const whole = await thorough().load(ORG);
    expect(replica.loaded).toEqual(whole);
    expect(canonicalJson(storeState(replica.loaded.state))).toBe(canonicalJson(storeState(whole.state)));
    expect(replica.view.broken).toBeNull();
    expect(store.kept.get(snapshotStream(ORG))).toBe(2);
    expect(ignored).toEqual([]);
  });

  it('is served when no fact came after it', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    expect(replica.view.snapshot.revision).toBe(9);
    expect(replica.view.snapshot.state.members.has(MEMBER)).toBe(true);
  });

  it('is read in every version that was ever written', async () => {
    const golden = fileURLToPath(new URL('../../test/golden/snapshots', import.meta.url));
    expect(await verifyGoldenEvents(snapshotCodec, golden)).toBeGreaterThanOrEqual(1);
  });

  it('is due after a number of facts that grows with the stream', () => {
    const gaps = [0n, 100n, 1_000n, 10_000n, 1_000_000n].map(snapshotGap);
    expect(gaps).toEqual([32n, 32n, 32n, 312n, 31_250n]);
  });
});

describe('a snapshot is ignored, and everything read from the first fact,', () => {
  type Change = (taken: TakenSnapshot) => Partial<TakenSnapshot> | Promise<Partial<TakenSnapshot>>;
  const flipped = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

  async function expectIgnored(why: string): Promise<void> {
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    expect(ignored).toEqual([expect.stringContaining(why)]);
    expect(replica.loaded).toEqual(await thorough().load(ORG));
    expect(replica.view.broken).toBeNull();
  }

  const alter = async (change: Change): Promise<void> => {
    const event = stored();
    const data = { ...(event.data as object), ...(await change(event.data as TakenSnapshot)) };
    store.streams.set(snapshotStream(ORG), [{ ...event, data }]);
  };

  it.each<[string, Change, string]>([
    ['its state', ({ state }) => ({ state: flipped(state) }), 'signature'],
    ['its head', ({ head }) => ({ head: flipped(head) }), 'signature'],
    ['its revision', () => ({ revision: 8 }), 'signature'],
    ['its organisation', () => ({ org: ulid('AAA', 2) }), 'signature'],
    ['its key', () => ({ kid: 'other' }), 'signature'],
    ['its signature', ({ sig }) => ({ sig: flipped(sig) }), 'signature'],
    ['its version', () => ({ stateVersion: STATE_VERSION + 1 }), 'version'],
    ['a field too many', () => ({ more: 1 }) as never, 'breaks its schema'],
  ])('when somebody has changed %s', async (_what, change, why) => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    await alter(change);
    await expectIgnored(why);
  });

  it('when somebody else signed it', async () => {
    const loaded = await reader().load(ORG);
    const admins = { ...loaded, state: { ...loaded.state, founder: MEMBER } };
    await snapshotsOf(keysOf('policy')).save(ORG, admins);
    await expectIgnored('signature');
  });

  it('when its key has expired: an old key makes up no past', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    now = EXPIRES;
    const replica = new OrganisationReplica(ORG, new FactReader(store, verifyFactLink), snapshotsOf());
    await replica.catchUp();
    expect(ignored).toEqual([expect.stringContaining('signature')]);
  });

  it('when it is of another organisation, although policy signed it', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    const other = ulid('AAA', 2);
    store.streams.set(snapshotStream(other), [stored()]);
    expect(await snapshotsOf().load(other)).toBeUndefined();
    expect(ignored).toEqual([expect.stringContaining('another organisation')]);
  });

  it('when its last fact is gone, or is another one', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    const whole = facts();
    store.streams.set(stream, whole.slice(0, 9));
    await expectIgnored('is not the one in the store');
    store.streams.set(stream, whole.slice(0, 9));
    await factsUpTo(10);
    ignored = [];
    await expectIgnored('is not the one in the store');
  });

  it('when it is no snapshot at all', async () => {
    store.put(snapshotStream(ORG), [{ type: 'junk', data: null }]);
    await expectIgnored('unknown type or version');
  });
});

describe('snapshots', () => {
  it('are not lost sight of by a store that does not answer', async () => {
    store.away = true;
    await expect(snapshotsOf().load(ORG)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(ignored).toEqual([]);
  });

  it('are made by one replica of several', async () => {
    const [one, two] = [snapshotsOf(), snapshotsOf()];
    for (const replica of [one, two]) {
      await replica.load(ORG);
      expect(replica.isDue(ORG, 60n)).toBe(true);
    }
    await Promise.all([one.save(ORG, await reader().load(ORG)), two.save(ORG, await reader().load(ORG))]);
    expect(store.streams.get(snapshotStream(ORG))).toHaveLength(1);
    for (const replica of [one, two]) {
      expect(replica.isDue(ORG, 40n)).toBe(false);
      expect(replica.isDue(ORG, 60n)).toBe(true);
    }
  });

  it('that are too large are not tried again with every fact', async () => {
    const snapshots = snapshotsOf();
    store.append = () => Promise.reject(new AppError('PAYLOAD_TOO_LARGE', 'too large'));
    await expect(snapshots.save(ORG, await reader().load(ORG))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect(snapshots.isDue(ORG, 10n)).toBe(false);
  });
});

describe('verifying everything again', () => {
  it('finds a fact below the snapshot that somebody has changed, and denies', async () => {
    await snapshotsOf().save(ORG, await reader().load(ORG));
    const victim = facts()[4]!;
    store.streams.set(
      stream,
      facts().with(4, { ...victim, data: { ...(victim.data as object), tool: 'pay' } }),
    );
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    expect(replica.view.broken).toBeNull();
    expect(await replica.reverify(thorough())).toBe(false);
    expect(replica.view.broken).toContain('can not be trusted');
  });

  it('finds that facts were taken away below what is served', async () => {
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    store.streams.set(stream, facts().slice(0, 9));
    await replica.reverify(thorough());
    expect(replica.view.broken).toContain('fewer facts');
  });

  it('replaces a state that is not what the facts add up to', async () => {
    const loaded = await reader().load(ORG);
    const wrong = { ...loaded.state, founder: MEMBER };
    await snapshotsOf().save(ORG, { ...loaded, state: wrong });
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    expect(replica.view.snapshot.state.founder).toBe(MEMBER);
    expect(await replica.reverify(thorough())).toBe(true);
    expect(replica.view).toMatchObject({ broken: null, snapshot: { state: loaded.state } });
    expect(await replica.reverify(thorough())).toBe(false);
  });

  it('says nothing about the facts while the store does not answer', async () => {
    const replica = new OrganisationReplica(ORG, reader(), snapshotsOf());
    await replica.catchUp();
    store.away = true;
    await expect(replica.reverify(thorough())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(replica.view.broken).toBeNull();
  });
});

describe('the form of a snapshot', () => {
  it('holds the canonical state, deflated', async () => {
    const loaded = await reader().load(ORG);
    await snapshotsOf().save(ORG, loaded);
    const { data } = snapshotCodec.decode(stored());
    const opened = openSnapshot(keys, data, now);
    expect(opened).toMatchObject({ org: ORG, revision: 9, head: data.head });
    expect(opened.state).toEqual(loaded.state);
  });
});

import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ChainedEvent, NewEvent, StoredEvent } from '@portcullis/eventing';
import { BASE, ORG, run } from '@portcullis/policy-engine/testing';
import { factCodec, initialState, policyStream } from '@portcullis/policy-engine';
import { sealFact, verifyFact, verifyFactHead, verifyFactLink, type FactKeys } from './fact-chain.js';

function keys(kid: string): FactKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    sign: (bytes) => ({ kid, signature: sign(null, bytes, privateKey) }),
    verify: (used, bytes, signature) => used === kid && verify(null, bytes, publicKey, signature),
  };
}

const policy = keys('k1');
const stream = policyStream(ORG);

async function chain(signer: FactKeys): Promise<StoredEvent[]> {
  const stored: StoredEvent[] = [];
  for (const fact of run(initialState, ...BASE).facts) {
    const revision = BigInt(stored.length);
    const { type, data } = factCodec.encode(fact);
    const plain: NewEvent = { id: `id-${revision}`, type, data, metadata: { correlation: 'c', time: 't' } };
    const sealed = await sealFact(signer)(plain, { stream, revision, previous: stored.at(-1) });
    stored.push({
      ...sealed,
      metadata: sealed.metadata,
      stream,
      revision,
      position: revision,
      created: new Date(0),
    } as StoredEvent);
  }
  return stored;
}

/** Index of the first fact that is refused, or undefined. */
async function brokenAt(events: readonly StoredEvent[]): Promise<number | undefined> {
  let previous: StoredEvent | undefined;
  for (const [index, event] of events.entries()) {
    try {
      await verifyFact(policy)(event, previous);
    } catch (error) {
      expect(error).toMatchObject({ code: 'FAILED_PRECONDITION', details: { reason: 'chain_broken' } });
      return index;
    }
    previous = event;
  }
  return undefined;
}

const forge = (event: StoredEvent, change: Partial<ChainedEvent>): StoredEvent => ({ ...event, ...change });

describe('a chain of facts', () => {
  it('holds as it was written', async () => {
    expect(await brokenAt(await chain(policy))).toBeUndefined();
  });

  it('breaks where data, type, id or metadata was altered', async () => {
    const facts = await chain(policy);
    const victim = facts[4]!;
    const { chain: link } = victim.metadata as { chain: object };
    const changes: Partial<ChainedEvent>[] = [
      { data: { ...(victim.data as object), user: 'other' } },
      { type: 'policy.MemberAdded.v1' },
      { id: 'other' },
      { metadata: { correlation: 'other', time: 't', chain: link } as never },
      { metadata: {} },
      { metadata: undefined },
      { metadata: { correlation: 'c', time: 't', chain: { ...link, kid: 'k2' } } as never },
      { metadata: { correlation: 'c', time: 't', chain: { ...link, sig: 'A'.repeat(86) } } as never },
      { metadata: { correlation: 'c', time: 't', chain: { ...link, prev: null } } as never },
    ];
    for (const change of changes) {
      expect(await brokenAt(facts.with(4, forge(victim, change)))).toBe(4);
    }
  });

  it('breaks where a fact was removed, repeated or moved, also when revisions are renumbered', async () => {
    const facts = await chain(policy);
    const renumber = (list: StoredEvent[]) =>
      list.map((event, index) => forge(event, { revision: BigInt(index) }));
    expect(await brokenAt(facts.toSpliced(3, 1))).toBe(3);
    expect(await brokenAt(renumber(facts.toSpliced(3, 1)))).toBe(3);
    expect(await brokenAt(renumber(facts.toSpliced(3, 0, facts[3]!)))).toBe(4);
    expect(await brokenAt(renumber(facts.slice(1)))).toBe(0);
  });

  it('breaks where somebody else signed, even with a chain that is consistent in itself', async () => {
    expect(await brokenAt(await chain(keys('k1')))).toBe(0);
    const facts = await chain(policy);
    const intruder = sealFact(keys('k1'));
    const { id, type, data } = facts[5]!;
    const forged = await intruder(
      { id, type, data, metadata: {} },
      { stream, revision: 5n, previous: facts[4] },
    );
    expect(await brokenAt([...facts.slice(0, 5), { ...facts[5]!, ...forged } as StoredEvent])).toBe(5);
  });

  it('never goes back in time, so that an expired key can not continue a newer chain', async () => {
    const facts = await chain(policy);
    const { id, type, data } = facts[5]!;
    const earlier = { ...(data as object), time: '2020-01-01T00:00:00.000Z' };
    const backdated = await sealFact(policy)(
      { id, type, data: earlier, metadata: {} },
      { stream, revision: 5n, previous: facts[4] },
    );
    expect(await brokenAt([...facts.slice(0, 5), { ...facts[5]!, ...backdated } as StoredEvent])).toBe(5);
  });

  it('breaks where two histories that policy signed are spliced, as after a restored backup', async () => {
    const facts = await chain(policy);
    const { type, data } = facts[4]!;
    const place = { stream, revision: 4n, previous: facts[3] };
    const other = await sealFact(policy)({ id: 'other', type, data, metadata: {} }, place);
    const fork = { ...facts[4]!, ...other } as StoredEvent;
    expect(await brokenAt([...facts.slice(0, 4), fork])).toBeUndefined();
    expect(await brokenAt(facts.with(4, fork))).toBe(5);
  });

  it('is of one stream', async () => {
    const moved = (await chain(policy)).map((event) =>
      forge(event, { stream: policyStream('01AAA000000000000000000002') }),
    );
    expect(await brokenAt(moved)).toBe(0);
  });

  it('is proven by its links and its last signature alone: whatever is altered before it, one of them fails', async () => {
    const facts = await chain(policy);
    const holds = async (events: readonly StoredEvent[]): Promise<boolean> => {
      try {
        for (const [index, event] of events.entries()) await verifyFactLink(event, events[index - 1]);
        await verifyFactHead(policy)(events.at(-1)!);
        return true;
      } catch {
        return false;
      }
    };
    expect(await holds(facts)).toBe(true);
    for (const [index, fact] of facts.entries()) {
      const altered = forge(fact, { data: { ...(fact.data as object), altered: true } });
      expect(await holds(facts.with(index, altered))).toBe(false);
      if (index > 0) expect(await holds(facts.slice(index))).toBe(false);
      if (index < facts.length - 1) expect(await holds(facts.toSpliced(index, 1))).toBe(false);
    }
    expect(await holds(await chain(keys('k1')))).toBe(false);
  });
});

import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  b64u,
  fromB64u,
  MAX_READING_BOXES,
  MAX_SECTIONS,
  MAX_SECTIONS_TEXT,
  newId,
  replyKeyId,
  SealedChannel,
  sectionsSealing,
  type AppendRequest,
  type OpenedSection,
  type OpenSectionsRequest,
  type SealedBox,
  type SealedSectionsRequest,
  type Verb,
  type VerbCalls,
} from '@portcullis/contracts';
import { testTrust } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { Statements } from '../authorize/statements.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { CurrentReader, type Reader } from './current-reader.js';
import { ReadingLeaves } from './reading-leaves.js';
import { SealedSections } from './sealed-sections.js';

const trust = testTrust();
afterAll(() => trust.clean());
const keyring = trust.keyring('policy');
const vaultKeys = trust.keyring('vault');
const START = Date.parse('2026-06-01T00:00:00.000Z');
const HASH = 'A'.repeat(43);
const ORG = newId();

const readerOf = (change: { sid?: string; exp?: number } = {}): Reader => {
  const claims = { org: ORG, sub: newId(), sid: 'session', exp: START / 1000 + 60, ...change };
  const who = { act: { client: null, agent: null }, kind: 'user', gen: 1, scopes: [] };
  return {
    principal: { claims: { ...claims, ...who }, hash: HASH, asker: { user: claims.sub } },
    vaultAssertion: `assertion of ${claims.sid}`,
  } as unknown as Reader;
};

describe('who reads', () => {
  it('is who asked last; after an assertion has ended nobody reads until somebody asks again', async () => {
    let now = START;
    const first = readerOf();
    const current = new CurrentReader(first, () => new Date(now));
    const { signal } = new AbortController();
    expect(await current.current(signal)).toBe(first);
    now += 51_000;
    let reader: Reader | undefined;
    const waiting = current.current(signal).then((found) => (reader = found));
    await new Promise((resolve) => setImmediate(resolve));
    expect(reader).toBeUndefined();
    const again = readerOf({ exp: now / 1000 + 60 });
    current.renew(again);
    await waiting;
    expect(reader).toBe(again);
  });

  it('is nobody any more when it was cancelled', async () => {
    const abort = new AbortController();
    const current = new CurrentReader(readerOf({ exp: 0 }), () => new Date(START));
    const waiting = current.current(abort.signal);
    abort.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
  });
});

/** Audit and vault that answer at once, and remember. */
function peers(open: (request: OpenSectionsRequest) => OpenedSection[] = () => []) {
  const appended: AppendRequest['entries'] = [];
  const batches: OpenSectionsRequest[] = [];
  const boxes = new Map<string, SealedBox | null>();
  let status: 'recorded' | 'refused' = 'recorded';
  const answer = (verb: Verb<never, never>, request: unknown): unknown => {
    if (verb.subject === 'audit.v1.append') {
      const { entries } = request as AppendRequest;
      appended.push(...entries);
      return { results: [{ status, recordId: entries[0]?.recordId, receipt: 'a.b.c' }] };
    }
    if (verb.subject === 'audit.v1.sealedSections') {
      const { recordIds } = request as SealedSectionsRequest;
      return { sections: recordIds.map((recordId) => ({ recordId, box: boxes.get(recordId) ?? null })) };
    }
    const asked = request as OpenSectionsRequest;
    batches.push(asked);
    const publicKey = fromB64u(asked.replyKey);
    const channel = new SealedChannel(vaultKeys.sealKey(), { kid: replyKeyId(publicKey), publicKey });
    return { sealed: b64u(channel.seal(sectionsSealing(asked), Buffer.from(JSON.stringify(open(asked))))) };
  };
  const calls = { call: (verb: never, request: unknown) => Promise.resolve(answer(verb, request)) };
  return {
    calls: calls as unknown as VerbCalls,
    appended,
    batches,
    boxes,
    refuse: () => (status = 'refused'),
  };
}

function leavesOf(audit: VerbCalls, now: () => Date, decision: 'allow' | 'deny' = 'allow') {
  const decided = {
    decision,
    decisionId: newId(),
    revision: 7,
    policyDigest: HASH,
    rule: 'organisation-admin',
  };
  const more = { label: null, reasons: [], message: 'Only admins.' };
  const decisions = { decide: () => ({ decision: { ...decided, ...more } }) } as unknown as PolicyDecisions;
  const about = { simulation: HASH, from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
  return new ReadingLeaves({ decisions, statements: new Statements(keyring), audit, now }, about);
}

describe('leave to read', () => {
  verifies('B2');

  it('is one record for as long as it lasts, and a new one after that', async () => {
    let now = START;
    const { calls, appended } = peers();
    const leaves = leavesOf(calls, () => new Date(now));
    const reader = readerOf();
    const first = await leaves.for(reader);
    now += 19_999;
    expect(await leaves.for(reader)).toBe(first);
    now += 1;
    expect(await leaves.for(reader)).not.toBe(first);
    expect(appended.map(({ kind }) => kind)).toEqual(['reading', 'reading']);
  });

  it('is for one session and for so many boxes', async () => {
    const { calls } = peers();
    const leaves = leavesOf(calls, () => new Date(START));
    const first = await leaves.for(readerOf());
    const another = await leaves.for(readerOf({ sid: 'another' }));
    expect(another).not.toBe(first);
    const reader = readerOf();
    const leave = await leaves.for(reader);
    leave.batch = MAX_READING_BOXES / MAX_SECTIONS - 1;
    expect(await leaves.for(reader)).toBe(leave);
    leave.batch += 1;
    expect(await leaves.for(reader)).not.toBe(leave);
  });

  it('is none where it is not recorded, or not given', async () => {
    const { calls, appended, refuse } = peers();
    refuse();
    const now = () => new Date(START);
    await expect(leavesOf(calls, now).for(readerOf())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    const allowing = peers();
    await expect(leavesOf(allowing.calls, now, 'deny').for(readerOf())).rejects.toMatchObject({
      code: 'DENIED_BY_POLICY',
    });
    expect([...appended, ...allowing.appended].map(({ kind }) => kind)).toEqual(['reading', 'denial']);
  });
});

describe('sealed sections', () => {
  const opened = ({ boxes }: OpenSectionsRequest): OpenedSection[] =>
    boxes.map(({ keyId }) => ({ state: 'opened', section: { ip: keyId, arguments: [] } }));
  const box = (characters = 40): SealedBox => ({
    subject: newId(),
    keyId: newId(),
    enc: HASH,
    ciphertext: 'A'.repeat(characters),
  });
  let time = 0;
  const pauses: number[] = [];
  beforeEach(() => {
    pauses.length = 0;
  });

  function sectionsOver(parts: ReturnType<typeof peers>): SealedSections {
    const now = () => new Date(START);
    const leaves = leavesOf(parts.calls, now);
    const reader = new CurrentReader(readerOf(), now);
    const of = { org: ORG, peers: parts.calls, keyring, leaves, reader };
    return new SealedSections(of, {
      now: () => time,
      pause: (ms) => {
        pauses.push(ms);
        time += ms;
        return Promise.resolve();
      },
    });
  }

  it('come in the order of the records, in batches that fit into a message and have numbers of their own', async () => {
    const parts = peers(opened);
    const sections = sectionsOver(parts);
    const recordIds = [0, 1, 2, 3, 4].map(() => newId());
    const found = [box(MAX_SECTIONS_TEXT - 10), null, box(10), box(1), null];
    recordIds.forEach((recordId, index) => parts.boxes.set(recordId, found[index]!));
    const got = await sections.of(recordIds, new AbortController().signal);
    expect(got.map(({ opened: { state } }) => state)).toEqual([
      'opened',
      'missing',
      'opened',
      'opened',
      'missing',
    ]);
    for (const [index, one] of got.entries()) {
      expect(one.box).toEqual(found[index]);
      if (one.opened.state === 'opened') expect(one.opened.section.ip).toBe(found[index]?.keyId);
    }
    expect(parts.batches.map(({ boxes, batch }) => [boxes.length, batch])).toEqual([
      [2, 0],
      [1, 1],
    ]);
  });

  it('are not taken from an answer about others', async () => {
    const parts = peers((asked) => [...opened(asked), ...opened(asked)]);
    const sections = sectionsOver(parts);
    const recordId = newId();
    parts.boxes.set(recordId, box());
    await expect(sections.of([recordId], new AbortController().signal)).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });

  it('are asked for no faster than the vault has them asked for', async () => {
    const parts = peers(opened);
    const sections = sectionsOver(parts);
    const recordIds = Array.from({ length: 3 * MAX_SECTIONS }, () => newId());
    for (const recordId of recordIds) parts.boxes.set(recordId, box());
    expect(await sections.of(recordIds, new AbortController().signal)).toHaveLength(recordIds.length);
    // A thousand in a second: each batch of 256 keeps the next one waiting.
    expect(pauses).toEqual([256, 256]);
    expect(parts.batches).toHaveLength(3);
  });
});

import { afterAll, describe, expect, it } from '@jest/globals';
import {
  b64u,
  generateReplyKey,
  newId,
  replyKeyHash,
  type FactEntry,
  type SealedBox,
} from '@portcullis/contracts';
import { testTrust } from '@portcullis/platform/testing';
import { verifies } from '../../../../tools/verifies.js';
import { Issuer } from '../../test/issuer.js';
import { ReaderPart } from '../../test/reader-part.js';
import { LimitReading } from '../limits/limit-reading.js';
import { ReplyChannels } from '../opening/reply-channels.js';
import { Proofs } from '../proof/proofs.js';
import type { TenantTransactions } from '../storage/tenant-transactions.js';
import { OpenSections } from './open-sections.js';
import { sectionFor } from './section-fields.js';
import { UnsealSections } from './unseal-sections.js';

const trust = testTrust();
afterAll(() => trust.clean());
const replyKey = generateReplyKey();

/** The use-case over a database that grants everything and holds nothing. */
function vault(rate: { perSecond: number; burst: number }) {
  const keyring = trust.keyring('vault');
  const facts: FactEntry[] = [];
  const claimed: string[] = [];
  const manager = {
    query: (_sql: string, [, , entries]: [string, string[], string[]]) =>
      facts.push(...entries.map((entry) => JSON.parse(entry) as FactEntry)),
  };
  const transactions = {
    run: (_org: string, work: (manager: unknown) => unknown) => Promise.resolve(work(manager)),
    together: (_org: string, [used]: { values: string[][] }[]) => {
      claimed.push(used!.values[1]![0]!);
      return Promise.resolve([[{}], []]);
    },
  } as unknown as TenantTransactions;
  const useCase = new OpenSections({
    keyring,
    proofs: new Proofs(keyring),
    limits: new LimitReading(transactions, rate),
    transactions,
    destroyed: { without: (_org, keys) => Promise.resolve([...keys]) },
    sections: new UnsealSections({} as never),
    channels: new ReplyChannels(keyring, () => 0),
    clock: () => new Date(),
  });
  return { useCase, facts, claimed };
}

const box: SealedBox = { subject: newId(), keyId: newId(), enc: 'A'.repeat(43), ciphertext: 'A'.repeat(40) };

describe('the rates of opening sealed sections', () => {
  verifies('B2');

  it('are counted in boxes, and an alarm says who exceeds them; nothing is used up by what is refused', async () => {
    const { useCase, facts, claimed } = vault({ perSecond: 1, burst: 100 });
    const reader = new ReaderPart({ issuer: new Issuer(trust) } as never, {} as never);
    const rkh = replyKeyHash(replyKey.publicKey);
    const ask = (count: number) =>
      useCase.run({
        ...reader.request(
          Array.from({ length: count }, () => box),
          reader.leave({ rkh }),
        ),
        replyKey: b64u(replyKey.publicKey),
      });
    await ask(90);
    expect(claimed).toHaveLength(1);
    await expect(ask(30)).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { scope: 'user', locked: false },
    });
    expect(claimed).toHaveLength(1);
    expect(facts).toMatchObject([
      {
        action: 'vault.alarm',
        target: { type: 'user', id: reader.sub },
        data: { state: 'limited', purpose: 'simulation', sid: reader.sid },
      },
    ]);
    // Whoever goes on is locked out, which is one more alarm.
    for (let n = 2; n < 8; n += 1) await ask(30).catch(() => undefined);
    await expect(ask(1)).rejects.toMatchObject({ code: 'RATE_LIMITED', details: { locked: true } });
    expect(facts.map(({ data }) => data['state'])).toEqual(['limited', 'locked']);
  });
});

describe('what a simulation is told of a section', () => {
  verifies('B6', 'P10');

  it.each<[string, unknown, unknown]>([
    [
      'address and arguments',
      { ip: '::1', arguments: [[['a'], 1], [['b']]] },
      { ip: '::1', arguments: [[['a'], 1], [['b']]] },
    ],
    ['nothing else', { ip: '::1', userAgent: 'x', argumentSalt: 'y', more: 1 }, { ip: '::1', arguments: [] }],
    ['no address where there is none', {}, { ip: null, arguments: [] }],
    ['nothing of what is no section', { ip: 5 }, null],
    ['nothing of arguments that are none', { arguments: { a: 1 } }, null],
    ['nothing of a path that is none', { arguments: [['a', 1]] }, null],
    ['nothing of a list', [], null],
  ])('is %s', (_what, section, wanted) => {
    expect(sectionFor('simulation', JSON.stringify(section))).toEqual(wanted);
  });

  it('is nothing of what is no JSON', () => {
    expect(sectionFor('simulation', 'canary')).toBeNull();
  });
});

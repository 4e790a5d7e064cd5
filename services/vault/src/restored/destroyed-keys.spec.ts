import { newId, type RecordedRequest, type VerbCalls } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { destroyedFactId } from '../erasing/erasure-facts.js';
import type { StoredSubjectKey } from '../subject-keys/stored-subject-keys.js';
import { DestroyedKeys } from './destroyed-keys.js';
import { LaterRecords } from './later-records.js';

const ORG = newId();
const keyOf = (subjectKeyId = newId()): StoredSubjectKey =>
  ({ org: ORG, subject: newId(), subjectKeyId, envelope: Buffer.alloc(0) }) as unknown as StoredSubjectKey;

function asked() {
  const at = { now: 0 };
  const recorded = new Set<string>();
  const questions: number[] = [];
  const answer = (ids: string[]) => ids.map((id) => recorded.has(id));
  const audit = {
    answer,
    call: (_verb: unknown, { recordIds }: RecordedRequest) => {
      questions.push(recordIds.length);
      return Promise.resolve({ recorded: audit.answer(recordIds) });
    },
  };
  const destroy = ({ subjectKeyId }: StoredSubjectKey) => recorded.add(destroyedFactId(ORG, subjectKeyId));
  return {
    at,
    audit,
    questions,
    destroy,
    keys: new DestroyedKeys(new LaterRecords(audit as unknown as VerbCalls, () => at.now)),
  };
}

describe('subject keys that were destroyed', () => {
  verifies('B5');

  it('are left out, however often they are asked for; the others are asked for once a minute', async () => {
    const { at, questions, destroy, keys } = asked();
    const [gone, there] = [keyOf(), keyOf()];
    destroy(gone);
    expect(await keys.without(ORG, [gone, there])).toEqual([there]);
    expect(await keys.without(ORG, [there])).toEqual([there]);
    expect(await keys.without(ORG, [there, gone])).toEqual([there]);
    expect(questions).toEqual([2, 1]);
    destroy(there);
    at.now = 59_999;
    expect(await keys.without(ORG, [there])).toEqual([there]);
    at.now = 60_000;
    expect(await keys.without(ORG, [there])).toEqual([]);
  });

  it('are those of one organisation: what is known of another counts for nothing', async () => {
    const { questions, keys } = asked();
    const key = keyOf();
    await keys.without(ORG, [key]);
    await keys.without(newId(), [key]);
    expect(questions).toEqual([1, 1]);
  });

  it('are not guessed at when audit says less than it was asked', async () => {
    const { audit, keys } = asked();
    const key = keyOf();
    audit.answer = () => [];
    await expect(keys.without(ORG, [key])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    audit.answer = () => [false];
    expect(await keys.without(ORG, [key])).toEqual([key]);
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { AppError, newId, type AppendEntry, type ErrorCode } from '@portcullis/contracts';
import { createLogger } from '@portcullis/platform';
import type { AuditAppender, Recorded } from './audit-appender.js';
import { OutcomeRecorder } from './outcome-recorder.js';

const entry = (): AppendEntry => ({
  kind: 'denial',
  recordId: newId(),
  denial: 'e30.e30.e30',
  sealed: [],
  argumentBytes: 0,
});

function recorderBefore(audit: (recordId: string) => ErrorCode | null) {
  const taken: string[] = [];
  const append = jest.fn(({ recordId }: AppendEntry): Promise<Recorded> => {
    const refusal = audit(recordId);
    if (refusal !== null) return Promise.reject(new AppError(refusal, 'not now'));
    taken.push(recordId);
    return Promise.resolve({ status: 'recorded', recordId, stream: 's', revision: 0, receipt: null });
  });
  const appender = { append } as unknown as AuditAppender;
  return { recorder: new OutcomeRecorder(appender, createLogger('gateway', 'silent')), taken, append };
}

describe('records that follow', () => {
  it('are kept while audit is away, up to a bound, and nobody is thrown out of the process for it', async () => {
    let away = true;
    const { recorder, taken } = recorderBefore(() => (away ? 'UNAVAILABLE' : null));
    const accepted = Array.from({ length: 10_050 }, () => recorder.recordLater(entry()));
    expect(accepted.filter(Boolean)).toHaveLength(10_000);
    await expect(recorder.recordNow(entry())).rejects.toMatchObject({ code: 'OUTCOME_UNRECORDED' });
    away = false;
    await recorder.drain();
    expect(taken).toHaveLength(10_000);
  });

  it('are given up when audit refuses them for good, and then only they', async () => {
    const bad = entry();
    const good = entry();
    const { recorder, taken, append } = recorderBefore((id) =>
      id === bad.recordId ? 'INVALID_ARGUMENT' : null,
    );
    recorder.recordLater(bad);
    recorder.recordLater(good);
    await recorder.drain();
    await recorder.drain();
    expect(taken).toEqual([good.recordId]);
    expect(append).toHaveBeenCalledTimes(2);
  });
});

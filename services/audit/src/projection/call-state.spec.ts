import type { AuditRecord, CallStatus } from '@portcullis/contracts';
import fc from 'fast-check';
import { evolveCall, type CallState } from './call-state.js';

const record = (
  type: AuditRecord['type'],
  recordId: string,
  result?: NonNullable<AuditRecord['outcome']>['result'],
) =>
  ({
    type,
    recordId,
    call: {
      id: 'call',
      attempt: 1,
      intent: null,
      deadline: type === 'ToolCallAuthorized' ? 'later' : null,
      argumentBytes: null,
    },
    digests: { arguments: null, definition: null, assertion: 'a', grant: 'g' },
    outcome: result
      ? { result, latencyMs: 1, resultBytes: 1, resultDigest: null, error: null, redactions: 0 }
      : null,
  }) as AuditRecord;

const intent = record('ToolCallAuthorized', 'intent');
const success = record('ToolCallCompleted', 'success', 'success');
const timeout = record('ToolCallCompleted', 'timeout', 'timeout');
const interrupted = record('ToolCallInterrupted', 'interrupted', 'interrupted');
const fold = (records: AuditRecord[]): CallState | undefined =>
  records.reduce<CallState | undefined>(evolveCall, undefined);

describe('the state of a call', () => {
  it.each<[string, AuditRecord[], CallStatus, string | null]>([
    ['an intent alone', [intent], 'pending', null],
    ['its outcome', [intent, success], 'success', 'success'],
    ['the first of two outcomes', [intent, timeout, success], 'timeout', 'timeout'],
    ['no outcome by the deadline', [intent, interrupted], 'interrupted', 'interrupted'],
    ['an outcome after it', [intent, interrupted, success], 'success', 'success'],
    ['an interruption after the outcome', [intent, success, interrupted], 'success', 'success'],
    ['an outcome seen before its intent', [success, intent], 'success', 'success'],
  ])('after %s', (_name, records, status, outcomeRecord) => {
    expect(fold(records)).toMatchObject({ status, outcomeRecord });
  });

  it('knows intent and deadline, and one real outcome beats the interruption, in every order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([intent, success, interrupted], { minLength: 3 }), (records) => {
        expect(fold(records)).toMatchObject({ intent: 'intent', deadline: 'later', status: 'success' });
      }),
    );
  });

  it('is nobody else’s: records without a grant leave it as it is', () => {
    expect(fold([{ ...success, digests: null }])).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import type { AuditRecord } from '@portcullis/contracts';
import { judge, type Evidence } from './judge.js';
import type { Answer, Got } from './load.js';
import type { Effect } from './recording-upstream.js';

const AT = Date.parse('2026-11-21T12:00:00.000Z');
const answer = (got: Got): Answer => ({
  kind: 'write',
  nonce: 'n1',
  bytes: 40,
  sentAt: AT,
  answeredAt: AT + 9,
  got,
});
const RESULT = answer({ is: 'result' });
const refusal = (code: string): Answer => answer({ is: 'refusal', code, correlationId: 'c' });
const RAN: Effect = { tool: 'toggle-simulated-logging', nonce: 'n1', at: AT + 5 };

type Call = NonNullable<AuditRecord['call']>;
const record = (
  type: AuditRecord['type'],
  recordId: string,
  call: Partial<Call> = {},
  result?: string,
): AuditRecord =>
  ({
    type,
    recordId,
    time: new Date(AT + 1).toISOString(),
    action: { tool: RAN.tool },
    call: { id: 'call', attempt: 1, intent: null, deadline: null, argumentBytes: 40, ...call },
    outcome: result === undefined ? null : { result },
  }) as unknown as AuditRecord;

const INTENT = record('ToolCallAuthorized', 'i1');
const DONE = record('ToolCallCompleted', 'o1', { intent: 'i1' }, 'success');
const ABORTED = record('AbortedBeforeEffect', 'a1', { intent: 'i1' }, 'aborted');
const INTERRUPTED = record('ToolCallInterrupted', 't1', { intent: 'i1' }, 'interrupted');
const RECOVERED = record('OutcomeRecovered', 'r1', { intent: 'i1' }, 'success');

const NOTHING = { unrecorded: 0, lost: 0, twice: 0, open: 0 };

const CASES: [string, Evidence, Partial<typeof NOTHING>][] = [
  ['a call as it should be', { answers: [RESULT], effects: [RAN], records: [INTENT, DONE] }, {}],
  [
    'an outcome that came after the interruption',
    { answers: [RESULT], effects: [RAN], records: [INTENT, INTERRUPTED, RECOVERED] },
    {},
  ],
  [
    'a refused call of which nothing is on record',
    { answers: [refusal('UNAVAILABLE')], effects: [], records: [] },
    {},
  ],
  [
    'a second attempt, after a first that came to nothing',
    {
      answers: [RESULT],
      effects: [RAN],
      records: [
        INTENT,
        ABORTED,
        record('ToolCallAuthorized', 'i2', { attempt: 2 }),
        record('ToolCallCompleted', 'o2', { intent: 'i2' }, 'success'),
      ],
    },
    {},
  ],
  [
    'a tool that ran without an intent',
    { answers: [RESULT], effects: [RAN], records: [] },
    { unrecorded: 1, lost: 1 },
  ],
  [
    'a tool that ran before its intent',
    { answers: [RESULT], effects: [{ ...RAN, at: AT }], records: [INTENT, DONE] },
    { unrecorded: 1 },
  ],
  [
    'a tool that ran twice',
    { answers: [RESULT], effects: [RAN, RAN], records: [INTENT, DONE] },
    { unrecorded: 1 },
  ],
  [
    'a tool that ran for an intent that was said to have come to nothing',
    { answers: [refusal('UNAVAILABLE')], effects: [RAN], records: [INTENT, ABORTED] },
    { unrecorded: 1 },
  ],
  [
    'a tool that ran for nobody',
    { answers: [], effects: [{ ...RAN, nonce: 'n2' }], records: [] },
    { unrecorded: 1 },
  ],
  [
    'an answer whose outcome is only a guess',
    { answers: [RESULT], effects: [RAN], records: [INTENT, INTERRUPTED] },
    { lost: 1 },
  ],
  [
    'a denial that is not on record',
    { answers: [refusal('DENIED_BY_POLICY')], effects: [], records: [] },
    { lost: 1 },
  ],
  [
    'two outcomes of one intent',
    {
      answers: [RESULT],
      effects: [RAN],
      records: [INTENT, DONE, record('ToolCallCompleted', 'o2', { intent: 'i1' }, 'success')],
    },
    { twice: 1 },
  ],
  [
    'two intents of one attempt',
    { answers: [RESULT], effects: [RAN], records: [INTENT, DONE, record('ToolCallAuthorized', 'i2')] },
    { twice: 1, open: 1 },
  ],
  ['an intent that nothing closes', { answers: [], effects: [], records: [INTENT] }, { open: 1 }],
];

describe('the judgement of a failure case', () => {
  it.each(CASES)('%s', (_, evidence, found) => {
    const { unrecorded, lost, twice, open } = judge(evidence);
    expect({
      unrecorded: unrecorded.length,
      lost: lost.length,
      twice: twice.length,
      open: open.length,
    }).toEqual({ ...NOTHING, ...found });
  });
});

import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import type { ManyRequest } from '../many.js';
import { verb, type Verb } from '../verb.js';
import { TogetherCaller } from './together-caller.js';
import type { VerbCalls } from './verb-caller.js';

const DOUBLE = verb(
  {
    subject: 'vault.v1.double',
    callee: 'vault',
    callers: ['gateway'],
    request: z.strictObject({ n: z.number() }),
    reply: z.strictObject({ twice: z.number() }),
  },
  { together: 32 },
);
const ALONE: typeof DOUBLE = { ...DOUBLE, subject: 'vault.v1.alone', many: null };

/** A callee that refuses odd numbers, and messages as a whole with the error given. */
function callee(wholeFails?: AppError) {
  const messages: { subject: string; size: number }[] = [];
  const one = ({ n }: { n: number }) =>
    n % 2 === 0 ? { twice: n * 2 } : { error: { code: 'FORBIDDEN', message: `${n} is odd` } };
  const calls: VerbCalls = {
    call: <Request, Reply>(asked: Verb<Request, Reply>, request: Request) => {
      const isMany = asked.subject.endsWith('Many');
      const requests = isMany ? (request as ManyRequest).requests : [request];
      messages.push({ subject: asked.subject, size: requests.length });
      if (isMany && wholeFails !== undefined) return Promise.reject(wholeFails);
      const replies = requests.map((each) => one(each as { n: number }));
      if (isMany) return Promise.resolve({ replies } as Reply);
      const [reply] = replies;
      if (reply !== undefined && 'error' in reply)
        return Promise.reject(new AppError('FORBIDDEN', reply.error?.message ?? ''));
      return Promise.resolve(reply as Reply);
    },
  };
  return { caller: new TogetherCaller(calls), messages };
}

const codes = (settled: PromiseSettledResult<unknown>[]) =>
  settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as AppError).code));

describe('calls that are made together', () => {
  it('share a message, and each has its own answer or refusal', async () => {
    const { caller, messages } = callee();
    const asked = [2, 3, 4].map((n) => caller.call(DOUBLE, { n }));
    expect(codes(await Promise.allSettled(asked))).toEqual([{ twice: 4 }, 'FORBIDDEN', { twice: 8 }]);
    expect(messages).toEqual([{ subject: 'vault.v1.doubleMany', size: 3 }]);
  });

  it('go alone when nobody asks at the same time', async () => {
    const { caller, messages } = callee();
    await expect(caller.call(DOUBLE, { n: 2 })).resolves.toEqual({ twice: 4 });
    expect(messages).toEqual([{ subject: 'vault.v1.double', size: 1 }]);
  });

  it('go alone with less time than the others, and when the verb knows no other way', async () => {
    const { caller, messages } = callee();
    await Promise.all([
      caller.call(DOUBLE, { n: 2 }, { timeoutMs: 100 }),
      caller.call(ALONE, { n: 2 }),
      caller.call(ALONE, { n: 4 }),
    ]);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'vault.v1.double',
      'vault.v1.alone',
      'vault.v1.alone',
    ]);
  });

  it.each(['INVALID_ARGUMENT', 'PAYLOAD_TOO_LARGE'] as const)(
    'are repeated one by one when the message as a whole is refused with %s',
    async (code) => {
      const { caller } = callee(new AppError(code, 'no'));
      const asked = [2, 3].map((n) => caller.call(DOUBLE, { n }));
      expect(codes(await Promise.allSettled(asked))).toEqual([{ twice: 4 }, 'FORBIDDEN']);
    },
  );

  it('are lost together with their message', async () => {
    const { caller, messages } = callee(new AppError('DEADLINE_EXCEEDED', 'silence'));
    const asked = [2, 4].map((n) => caller.call(DOUBLE, { n }));
    expect(codes(await Promise.allSettled(asked))).toEqual(['DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED']);
    expect(messages).toHaveLength(1);
  });

  it('refuse an answer that is missing', async () => {
    const forgetful: VerbCalls = {
      call: (() => Promise.resolve({ replies: [{ twice: 4 }] })) as unknown as VerbCalls['call'],
    };
    const caller = new TogetherCaller(forgetful);
    const asked = [2, 4].map((n) => caller.call(DOUBLE, { n }));
    expect(codes(await Promise.allSettled(asked))).toEqual([{ twice: 4 }, 'UNAVAILABLE']);
  });
});

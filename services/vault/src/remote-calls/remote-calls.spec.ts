import { verifies } from '../../../../tools/verifies.js';
import { KeyFault, type KeyFaultReason } from './key-fault.js';
import { RemoteCalls, type Attempt, type RemoteLimits } from './remote-calls.js';

const LIMITS: RemoteLimits = {
  deadlineMs: 60_000,
  concurrency: 2,
  attempts: 3,
  circuit: { failures: 3, probeAfterMs: 1000 },
};

describe('calls of a key service', () => {
  let time: number;
  let pauses: number[];
  const make = (limits: Partial<RemoteLimits> = {}) =>
    new RemoteCalls(
      'vault:main',
      { ...LIMITS, ...limits },
      {
        now: () => time,
        random: () => 0.5,
        sleep: async (ms) => void pauses.push(ms),
      },
    );
  const failing = (reason: KeyFaultReason, times = Infinity) => {
    const attempt = async (): Promise<string> => {
      calls += 1;
      if (calls <= times) throw new KeyFault(reason);
      return 'answer';
    };
    let calls = 0;
    return { attempt, calls: () => calls };
  };
  const hanging: Attempt<never> = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  const unavailable = (reason: string) => ({
    code: 'KEY_UNAVAILABLE',
    details: { key: 'vault:main', reason },
    message: expect.stringContaining('"vault:main"'),
  });
  beforeEach(() => {
    time = 0;
    pauses = [];
  });

  it.each(['unreachable', 'throttled', 'failing', 'sealed', 'standby', 'garbled'] as const)(
    'are repeated after a jittered pause when the service is %s for a moment',
    async (reason) => {
      const { attempt, calls } = failing(reason, 2);
      expect(await make().run(attempt)).toBe('answer');
      expect(calls()).toBe(3);
      expect(pauses).toEqual([100, 200]);
    },
  );

  it('end with the reason after the last attempt', async () => {
    const { attempt, calls } = failing('throttled');
    await expect(make().run(attempt)).rejects.toMatchObject(unavailable('throttled'));
    expect(calls()).toBe(3);
  });

  it.each(['denied', 'disabled', 'missing', 'retired', 'unsuitable', 'refused'] as const)(
    'are not repeated when the answer is %s, which says that the service works',
    async (reason) => {
      const calls = make();
      for (let n = 0; n < 10; n += 1) {
        const one = failing(reason);
        await expect(calls.run(one.attempt)).rejects.toMatchObject(unavailable(reason));
        expect(one.calls()).toBe(1);
      }
    },
  );

  it('that do not open are DECRYPTION_FAILED, once', async () => {
    const { attempt, calls } = failing('unopenable');
    await expect(make().run(attempt)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    expect(calls()).toBe(1);
  });

  it('end by their deadline and abort what hangs', async () => {
    verifies('G2');
    let aborted = false;
    const attempt: Attempt<never> = (signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return hanging(signal);
    };
    await expect(make({ deadlineMs: 50 }).run(attempt)).rejects.toMatchObject(unavailable('timeout'));
    expect(aborted).toBe(true);
  });

  it('end by their deadline also while they wait for a turn, and are then not made at all', async () => {
    const calls = make({ deadlineMs: 50, concurrency: 1 });
    let made = 0;
    const release: (() => void)[] = [];
    // An attempt that doesn't hear the abort holds its turn.
    const deaf = calls.run(() => new Promise<void>((resolve) => release.push(resolve)));
    const waiting = calls.run(async () => void (made += 1));
    await expect(deaf).rejects.toMatchObject(unavailable('timeout'));
    await expect(waiting).rejects.toMatchObject(unavailable('timeout'));
    release[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(0);
  });

  it('are so many at once, so many waiting, and no more, which says nothing of the service', async () => {
    const calls = make({ concurrency: 2 });
    let running = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => release.push(resolve));
      running -= 1;
    };
    const all = Array.from({ length: 2 + 32 }, () => calls.run(work));
    for (let n = 0; n < 10; n += 1) await expect(calls.run(work)).rejects.toMatchObject(unavailable('busy'));
    while (release.length > 0) {
      release.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(most).toBe(2);
  });

  it('are not made while everything fails, and then one tries whether it works again', async () => {
    verifies('G2');
    const calls = make();
    const { attempt, calls: made } = failing('unreachable', 9);
    for (let n = 0; n < 3; n += 1)
      await expect(calls.run(attempt)).rejects.toMatchObject(unavailable('unreachable'));
    expect(made()).toBe(9);
    await expect(calls.run(attempt)).rejects.toMatchObject(unavailable('circuit_open'));
    expect(made()).toBe(9);
    time = 1000;
    expect(await calls.run(attempt)).toBe('answer');
    expect(await calls.run(attempt)).toBe('answer');
  });

  it('show nothing of an error that nobody recognised', async () => {
    verifies('P5');
    const attempt = async (): Promise<never> => {
      throw Object.assign(new TypeError('hunter2'), { config: { token: 'hunter2' }, cause: 'hunter2' });
    };
    const error = await make()
      .run(attempt)
      .then(
        () => undefined,
        (thrown: unknown) => thrown as Error & { details: object },
      );
    expect(error).toMatchObject(unavailable('failing'));
    const everything = `${error?.message} ${JSON.stringify(error?.details)} ${String((error?.cause as Error).stack)}`;
    expect(everything).not.toContain('hunter2');
  });

  it('are refused once they are closed', async () => {
    const calls = make();
    calls.close();
    await expect(calls.run(async () => 1)).rejects.toMatchObject(unavailable('closed'));
  });
});

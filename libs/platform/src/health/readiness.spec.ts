import { describe, expect, it } from '@jest/globals';
import { AppError } from '@portcullis/contracts';
import { readinessOf, readinessReply, type ReadinessCheck } from './readiness.js';

const good: ReadinessCheck = { name: 'good', check: () => Promise.resolve() };
const away = (): Promise<never> => Promise.reject(new AppError('UNAVAILABLE', 'the database is away'));
const bad: ReadinessCheck = { name: 'bad', check: away };
const refused: ReadinessCheck = {
  name: 'refused',
  check: () => Promise.reject(new Error('password of control_app refused by 10.0.0.7')),
};
const hanging: ReadinessCheck = {
  name: 'hanging',
  check: () => new Promise<void>(() => undefined),
  timeoutMs: 50,
};

describe('readiness', () => {
  it('needs everything that a call needs', async () => {
    expect(await readinessOf([good])()).toEqual({
      ready: true,
      degraded: false,
      checks: [{ name: 'good', ok: true }],
    });
  });

  it('names what is away, or does not answer', async () => {
    expect(await readinessOf([good, bad, refused, hanging])()).toEqual({
      ready: false,
      degraded: false,
      checks: [
        { name: 'good', ok: true },
        { name: 'bad', ok: false, problem: 'the database is away' },
        // A driver's words are not for whoever asks.
        { name: 'refused', ok: false, problem: 'failed' },
        { name: 'hanging', ok: false, problem: 'no answer within 50 ms' },
      ],
    });
  });

  it('is degraded, but there, without what only some calls need', async () => {
    const state = await readinessOf([good, { ...bad, degrades: true }])();
    expect(state).toMatchObject({ ready: true, degraded: true });
    expect(state.checks[1]).toEqual({
      name: 'bad',
      ok: false,
      problem: 'the database is away',
      degrades: true,
    });
    expect(readinessReply(state)).toEqual({ ready: true, problems: [] });
  });

  it('tells a service that asks what is wrong', async () => {
    const state = await readinessOf([bad, { ...hanging, degrades: true }])();
    expect(readinessReply(state)).toEqual({ ready: false, problems: ['bad: the database is away'] });
  });

  it('asks once a second however many probes there are', async () => {
    let asked = 0;
    let clock = 0;
    const counted = { name: 'counted', check: () => Promise.resolve(void (asked += 1)) };
    const state = readinessOf([counted], () => clock);
    await Promise.all([state(), state()]);
    clock = 999;
    await state();
    expect(asked).toBe(1);
    clock = 1000;
    await state();
    expect(asked).toBe(2);
  });

  it('does not start a check again that still hangs: each start would hold another connection', async () => {
    let started = 0;
    let clock = 0;
    const check = () => new Promise<void>(() => void (started += 1));
    const state = readinessOf([{ name: 'stuck', timeoutMs: 10, check }], () => clock);
    for (clock = 0; clock < 5000; clock += 1000) expect((await state()).ready).toBe(false);
    expect(started).toBe(1);
  });
});

import { fail, ok, warn, type Finding } from './finding.js';
import { runChecks, type Check } from './run-checks.js';

const check = (id: string, findings: Finding[], more: Partial<Check> = {}): Check => ({
  id,
  run: () => findings,
  ...more,
});
const never = (): Promise<Finding[]> => new Promise(() => undefined);
const statuses = async (checks: Check[]) =>
  Object.fromEntries(
    (await runChecks(checks)).map(({ check, findings }) => [
      check,
      findings.map(({ status }) => status).join(),
    ]),
  );

describe('checks', () => {
  it('are made at once, and one that hangs fails at its own deadline without keeping the others', async () => {
    const since = performance.now();
    const checks = [check('hangs', [], { run: never, deadlineMs: 300 }), check('other', [ok('fine')])];
    expect(await statuses([...checks, check('late', [], { run: never, deadlineMs: 300 })])).toEqual({
      hangs: 'fail',
      other: 'ok',
      late: 'fail',
    });
    expect(performance.now() - since).toBeLessThan(1_500);
  });

  it('are told when their time is up', async () => {
    let told: AbortSignal | undefined;
    const run = (signal: AbortSignal): Promise<Finding[]> => ((told = signal), never());
    await runChecks([check('hangs', [], { run, deadlineMs: 50 })]);
    expect(told?.aborted).toBe(true);
  });

  it('are skipped without what they need, also at second hand; a warning is no hindrance', async () => {
    const checks = [
      check('store', [fail('away', 'mend it')]),
      check('schema', [ok('fine')], { needs: ['store'] }),
      check('backlog', [ok('fine')], { needs: ['schema'] }),
      check('old', [warn('old', 'renew it')]),
      check('after-old', [ok('fine')], { needs: ['old'] }),
    ];
    expect(await statuses(checks)).toEqual({
      store: 'fail',
      schema: 'skipped',
      backlog: 'skipped',
      old: 'warn',
      'after-old': 'ok',
    });
  });

  it('that throw fail without the thrown text, which may quote what was read', async () => {
    const run = (): never => {
      throw new Error('the canary sings');
    };
    const results = await runChecks([check('broken', [], { run })]);
    expect(results[0]!.findings).toMatchObject([{ status: 'fail' }]);
    expect(JSON.stringify(results)).not.toContain('canary');
  });
});

it('explains a warning by the fault that it follows from', async () => {
  const degraded = { ...warn('degraded: vault', 'mend it'), causes: [['vault']] };
  const checks = [check('vault', [fail('stopped', 'go on')]), check('gateway', [ok('ready'), degraded])];
  expect((await statuses(checks))['gateway']).toBe('ok,skipped');
});

describe('a fault that follows from others', () => {
  const gateway = (...causes: string[][]) => check('gateway', [{ ...fail('not ready', 'look'), causes }]);
  const nats = check('nats', [fail('stopped', 'go on')]);
  const store = check('eventstore', [ok('answers')]);
  it.each<[string, Check[], string]>([
    ['is explained by its cause', [nats, gateway(['nats'])], 'skipped'],
    ['is one of its own when the cause is well', [store, gateway(['eventstore'])], 'fail'],
    [
      'is one of its own when a part of it is not explained',
      [nats, store, gateway(['nats'], ['eventstore'])],
      'fail',
    ],
    ['is one of its own when a part of it has no known cause', [nats, gateway(['nats'], [])], 'fail'],
    ['is explained by any cause of a group', [nats, store, gateway(['eventstore', 'nats'])], 'skipped'],
    ['is not explained by itself', [gateway(['gateway'])], 'fail'],
  ])('%s', async (_, checks, expected) => {
    expect((await statuses(checks))['gateway']).toBe(expected);
  });
});

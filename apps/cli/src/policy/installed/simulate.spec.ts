import { jest } from '@jest/globals';
import type { SimulationReport } from '@portcullis/contracts';
import type { PolicyApi, WantedSimulation } from './policy-api.js';
import { simulatePolicy } from './simulate-command.js';

const HASH = 'A'.repeat(43);
const flip = { from: 'allow' as const, to: 'deny' as const, calls: 3, samples: ['01R'] };
const REPORT: SimulationReport = {
  v: 1,
  calls: { total: 7, exact: 6, exactShare: 0.857142 },
  flips: {
    total: 3,
    byDecision: [flip],
    byRule: [
      {
        ...flip,
        from: { decision: 'allow', rule: 'writers-write' },
        to: { decision: 'deny', rule: 'default-deny' },
      },
    ],
    byUser: [{ user: '01U', ...flip }],
    byTool: [{ srv: '01S', tool: 'create_note', op: 'tool.call', ...flip }],
    others: { byRule: 0, byUser: 2, byTool: 0 },
  },
  inexact: [{ reason: 'arguments_sealed', calls: 1, samples: [] }],
  log: { digest: HASH, rows: 7 },
  period: { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' },
  policy: {
    basis: 'then',
    current: { revision: 41, time: '2026-02-01T00:00:00.000Z', digest: HASH, version: HASH },
    candidate: null,
  },
};

let printed: string;
let asked: unknown[];

/** An installation that is done when it is asked for the second time. */
function installation(report: SimulationReport): PolicyApi {
  const running = { simulation: '01X', state: 'running' as const, calls: 2, until: null, report: null };
  return {
    startSimulation: (wanted: WantedSimulation) => Promise.resolve(asked.push(wanted) && running),
    simulation: (id: string) =>
      Promise.resolve(asked.push(id) < 3 ? running : { ...running, state: 'done' as const, report }),
  } as unknown as PolicyApi;
}

beforeEach(() => {
  [printed, asked] = ['', []];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => void jest.restoreAllMocks());

const period = { from: '2026-01-01', to: '2026-02-01', basis: 'then' as const };

describe('portcullis policy simulate', () => {
  it('waits for the report and prints it, how much is exact first', async () => {
    expect(await simulatePolicy(installation(REPORT), [], { ...period, json: false })).toBe(3);
    expect(asked).toEqual([{ document: null, ...REPORT.period, basis: 'then' }, '01X', '01X']);
    expect(printed.split('\n')).toEqual([
      '7 calls from 2026-01-01T00:00:00.000Z to 2026-02-01T00:00:00.000Z; 6 decided again exactly (85.71 %)',
      '  1 not: arguments sealed',
      '',
      '3 decisions would have been others',
      'by rule',
      '       3  allow by writers-write -> deny by default-deny (such as record 01R)',
      'by tool',
      '       3  01S/create_note: allow -> deny (such as record 01R)',
      'by user',
      '       3  01U: allow -> deny (such as record 01R)',
      '  … and 2 more calls',
      '',
      `Policy ${HASH} at revision 41, candidate none`,
      `Log ${HASH} (7 rows)`,
      '',
    ]);
  });

  it('asks for sealed sections to be opened only when it is told to, and says how many were', async () => {
    const opened = { ...REPORT, sealed: { digest: HASH, sections: 5 } };
    await simulatePolicy(installation(opened), [], { ...period, sealed: true, json: false });
    expect(asked[0]).toEqual({ document: null, ...REPORT.period, basis: 'then', sealed: true });
    expect(printed).toContain(`Sealed sections ${HASH} (5 looked at)\n`);
  });

  it('ends with 0 when nothing would have been decided otherwise', async () => {
    const same = { ...REPORT, flips: { ...REPORT.flips, total: 0, byRule: [], byUser: [], byTool: [] } };
    expect(await simulatePolicy(installation(same), [], { ...period, json: true })).toBe(0);
    expect(JSON.parse(printed)).toEqual(same);
  });

  it('refuses a time that is none', async () => {
    const wrong = { ...period, from: 'yesterday', json: false };
    await expect(simulatePolicy(installation(REPORT), [], wrong)).rejects.toThrow('yesterday is no time');
  });
});

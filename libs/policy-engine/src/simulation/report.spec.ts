import { describe, expect, it } from '@jest/globals';
import { canonicalJson, simulationReportSchema } from '@portcullis/contracts';
import { verifies } from '../../../../tools/verifies.js';
import { rowOf } from '../testing/decided-rows.js';
import { MEMBER, NOTES, ulid, withRules } from '../testing/organisation-fixture.js';
import { recordedCall } from './recorded-call.js';
import type { Replayed } from './replay.js';
import { simulationReport } from './report.js';
import { Tally } from './tally.js';

const simulation = {
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  basis: 'then' as const,
};
const policy = withRules();
const call = (n: number, user = MEMBER) => ({
  ...recordedCall(
    rowOf(policy, { user: MEMBER, place: { srv: NOTES, tool: 'list_notes' } }, { recordId: ulid('EEE', n) }),
  ),
  user,
});
const flip = (from: string, to: string): Replayed => ({
  exact: true,
  from: { decision: 'allow', rule: from },
  to: { decision: 'deny', rule: to },
});
const same: Replayed = {
  exact: true,
  from: { decision: 'allow', rule: 'a' },
  to: { decision: 'allow', rule: 'a' },
};
const reportOf = (tally: Tally, candidate: typeof policy | null = policy): string =>
  simulationReport({ simulation, tally, logDigest: 'A'.repeat(43), today: policy, candidate });
const read = (tally: Tally) => simulationReportSchema.parse(JSON.parse(reportOf(tally)));

describe('the report of a simulation', () => {
  verifies('B6');

  it('is the same bytes for the same calls, canonical, with how much of it is exact first', () => {
    const tallied = () => {
      const tally = new Tally();
      for (let n = 0; n < 50; n += 1) tally.add(call(n), n % 7 === 0 ? flip(`r${n % 3}`, 'd') : same);
      tally.add(call(50), { exact: false, reason: 'arguments_sealed' });
      return tally;
    };
    const report = reportOf(tallied());
    expect(report).toBe(reportOf(tallied()));
    expect(report).toBe(canonicalJson(JSON.parse(report)));
    expect(report.startsWith('{"calls":{"exact":50,"exactShare":0.980392,"total":51}')).toBe(true);
  });

  it('names both policies, the period and the log', () => {
    const tally = new Tally();
    tally.add(call(1), same);
    expect(read(tally)).toMatchObject({
      log: { digest: 'A'.repeat(43), rows: 1 },
      period: { from: simulation.from, to: simulation.to },
      policy: {
        basis: 'then',
        current: { revision: 7, digest: policy.digest },
        candidate: { digest: policy.digest },
      },
    });
    expect(JSON.parse(reportOf(tally, null)).policy.candidate).toBeNull();
    expect(read(new Tally()).calls).toEqual({ total: 0, exact: 0, exactShare: 1 });
  });

  it('counts flips by decision, rule, user and tool, with the first calls of each', () => {
    const tally = new Tally();
    tally.add(call(1), flip('a', 'd'));
    tally.add(call(2), flip('b', 'd'));
    tally.add(call(3, ulid('BBB', 3)), flip('b', 'd'));
    tally.add(call(4), same);
    const { flips } = read(tally);
    const ids = (...numbers: number[]) => numbers.map((n) => ulid('EEE', n));
    const change = { from: 'allow', to: 'deny' };
    expect(flips.total).toBe(3);
    expect(flips.byDecision).toEqual([{ ...change, calls: 3, samples: ids(1, 2, 3) }]);
    expect(flips.byRule.map(({ from, to, calls, samples }) => [from.rule, to.rule, calls, samples])).toEqual([
      ['b', 'd', 2, ids(2, 3)],
      ['a', 'd', 1, ids(1)],
    ]);
    expect(flips.byUser).toEqual([
      { user: MEMBER, ...change, calls: 2, samples: ids(1, 2) },
      { user: ulid('BBB', 3), ...change, calls: 1, samples: ids(3) },
    ]);
    expect(flips.byTool).toEqual([
      { srv: NOTES, tool: 'list_notes', op: 'tool.call', ...change, calls: 3, samples: ids(1, 2, 3) },
    ]);
  });

  it('stays within a message however many there are, and says how many calls are in none of its lines', () => {
    const tally = new Tally();
    for (let n = 0; n < 30_000; n += 1) tally.add(call(n, ulid('BBB', n)), flip('a', 'd'));
    const report = reportOf(tally);
    const { flips } = simulationReportSchema.parse(JSON.parse(report));
    expect(report.length).toBeLessThan(400_000);
    expect(flips.byUser).toHaveLength(500);
    expect(flips.others).toEqual({ byRule: 0, byUser: 29_500, byTool: 0 });
    expect(flips.total).toBe(30_000);
  });
});

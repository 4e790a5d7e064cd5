import type { SimulationReport } from '@portcullis/contracts';

type Flips = SimulationReport['flips'];

/** A report for people: how much of it is exact first, then what would have been decided otherwise. */
export function describeSimulation(report: SimulationReport): string {
  const { calls, flips, inexact, period, log, sealed, policy } = report;
  const share = Math.floor(calls.exactShare * 10_000) / 100;
  return [
    `${calls.total} calls from ${period.from} to ${period.to}; ${calls.exact} decided again exactly (${share} %)`,
    ...inexact.map(({ reason, calls: count }) => `  ${count} not: ${reason.replaceAll('_', ' ')}`),
    '',
    flips.total === 0
      ? 'No decision would have been another'
      : `${flips.total} decisions would have been others`,
    ...describeFlips(flips),
    '',
    `Policy ${policy.current.version} at revision ${policy.current.revision}, candidate ${policy.candidate?.version ?? 'none'}`,
    `Log ${log.digest} (${log.rows} rows)`,
    ...(sealed === undefined ? [] : [`Sealed sections ${sealed.digest} (${sealed.sections} looked at)`]),
    '',
  ].join('\n');
}

function describeFlips({ byRule, byUser, byTool, others }: Flips): string[] {
  return [
    ...section(
      'by rule',
      others.byRule,
      byRule.map(({ from, to, calls, samples }) =>
        line(`${from.decision} by ${from.rule} -> ${to.decision} by ${to.rule}`, calls, samples),
      ),
    ),
    ...section(
      'by tool',
      others.byTool,
      byTool.map(({ srv, tool, op, from, to, calls, samples }) =>
        line(`${tool === null ? op : `${srv ?? ''}/${tool}`}: ${from} -> ${to}`, calls, samples),
      ),
    ),
    ...section(
      'by user',
      others.byUser,
      byUser.map(({ user, from, to, calls, samples }) =>
        line(`${user ?? 'nobody'}: ${from} -> ${to}`, calls, samples),
      ),
    ),
  ];
}

function section(title: string, others: number, lines: string[]): string[] {
  if (lines.length === 0) return [];
  return [title, ...lines, ...(others === 0 ? [] : [`  … and ${others} more calls`])];
}

const line = (what: string, calls: number, [sample]: readonly string[]): string =>
  `${String(calls).padStart(8)}  ${what}${sample === undefined ? '' : ` (such as record ${sample})`}`;

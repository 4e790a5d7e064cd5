import type { KeksReply } from '@portcullis/contracts';

const stateOf = ({ seals, opens }: KeksReply['keks'][number]): string => {
  if (seals) return 'seals and opens';
  return opens ? 'opens' : 'NOT CONFIGURED';
};

/** The state of the keys, for people. */
export function describeKeys({ keks, rewrap, lastReport }: KeksReply): string {
  const rows = keks.map((kek) => [kek.kekId, stateOf(kek), `${kek.ownerKeys} owner keys`]);
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...table, describeRewrap(rewrap), describeReport(lastReport)].join('\n');
}

export function describeRewrap(rewrap: KeksReply['rewrap']): string {
  if (rewrap === null) return 'No rewrap is under way.';
  const { target, moved, failed, remaining, problem } = rewrap;
  const held = problem === null ? '' : ` Held up: ${problem}`;
  const bad = failed === 0 ? '' : `, ${failed} do not open`;
  return `Rewrap to ${target}: ${moved} moved, ${remaining} to go${bad}.${held}`;
}

export function describeReport(signed: KeksReply['lastReport']): string {
  if (signed === null) return 'Nothing has been rewrapped yet.';
  const { target, endedAt, moved, unmoved } = signed.report;
  const left = unmoved === 0 ? 'none left' : `${unmoved} LEFT under other keys`;
  return `Last rewrap: to ${target}, ended ${endedAt}, ${moved} moved, ${left}. Signed by ${signed.kid}.`;
}

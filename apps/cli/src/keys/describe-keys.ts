import type { KeksReply } from '@portcullis/contracts';

type Kek = KeksReply['keks'][number];

const doing = ({ seals, opens, problem }: Kek): string => {
  if (problem !== null) return 'AWAY';
  if (seals) return 'seals and opens';
  return opens ? 'opens' : 'OPENS NOTHING';
};

const stateOf = (kek: Kek): string =>
  kek.organisation === null ? doing(kek) : `${doing(kek)}, of ${kek.organisation}`;

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
  const away = keks.flatMap(({ kekId, problem }) => (problem === null ? [] : [`${kekId}: ${problem}`]));
  return [...table, ...away, describeRewrap(rewrap), describeReport(lastReport)].join('\n');
}

export function describeRewrap(rewrap: KeksReply['rewrap']): string {
  if (rewrap === null) return 'No rewrap is under way.';
  const { target, moved, failed, remaining, problem } = rewrap;
  const held = problem === null ? '' : ` Held up: ${problem}`;
  const bad = failed === 0 ? '' : `, ${failed} do not open or are away`;
  return `Rewrap to ${target}: ${moved} moved, ${remaining} to go${bad}.${held}`;
}

export function describeReport(signed: KeksReply['lastReport']): string {
  if (signed === null) return 'Nothing has been rewrapped yet.';
  const { target, endedAt, moved, unmoved, organisations } = signed.report;
  const left = unmoved === 0 ? 'none left' : `${unmoved} LEFT under other keys`;
  const passedOver = organisations.flatMap(({ org, problem }) =>
    problem === null ? [] : [`\nPassed over ${org}: ${problem}`],
  );
  return `Last rewrap: to ${target}, ended ${endedAt}, ${moved} moved, ${left}. Signed by ${signed.kid}.${passedOver.join('')}`;
}

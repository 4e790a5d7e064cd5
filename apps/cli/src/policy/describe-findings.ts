import type { LocatedFinding } from '@portcullis/policy-engine';

/** One line each, as compilers write them, so that editors find the place. */
export const describeFindings = (findings: readonly LocatedFinding[]): string =>
  findings
    .map(({ file, line, column, severity, code, rule, reason }) => {
      const who = rule === null ? '' : `${rule}: `;
      return `${file}:${line}:${column}: ${severity} ${code}: ${who}${reason}\n`;
    })
    .join('');

export const hasErrors = (findings: readonly LocatedFinding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

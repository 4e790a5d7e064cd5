import type { PolicyChange, PolicyPlan, RightsChange } from '@portcullis/contracts';
import type { LocatedFinding } from '@portcullis/policy-engine';
import { describeFindings } from '../describe-findings.js';

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** A plan for people: findings, what is written otherwise, who may do what otherwise. */
export function describePlan(plan: PolicyPlan, findings: readonly LocatedFinding[]): string {
  const wrong = describeFindings(findings) + more(plan.omittedFindings, 'findings');
  if (plan.version === null) return `${wrong}The policy has errors: it can't be applied.\n`;
  if (!wouldChange(plan))
    return `${wrong}Nothing would change. The policy is ${plan.basis}, revision ${plan.revision}.\n`;
  const written = plan.changes.map(describeChange).join('') + more(plan.omittedChanges, 'changes');
  return `${wrong}Policy\n${written}\nRights\n${describeRights(plan.rights)}\n${plan.basis} -> ${plan.version}\n`;
}

export const wouldChange = ({ basis, version }: PolicyPlan): boolean => version !== null && basis !== version;

const more = (count: number, what: string): string => (count === 0 ? '' : `  … and ${count} more ${what}\n`);

function describeChange({ part, name, change, before, after }: PolicyChange): string {
  const head = `  ${SIGNS[change]} ${part} ${name}`;
  if (change !== 'changed') return `${head}\n`;
  if (!isFields(before) || !isFields(after))
    return `${head}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}\n`;
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  const lines = fields.map((field) => line('-', field, before[field]) + line('+', field, after[field]));
  return `${head}\n${lines.join('')}`;
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const line = (sign: string, field: string, value: unknown): string =>
  value === undefined ? '' : `      ${sign} ${field}: ${JSON.stringify(value)}\n`;

function describeRights({ changes, complete }: PolicyPlan['rights']): string {
  const rest = complete ? '' : '  This is not all: the policy is too large to compare all rights.\n';
  if (changes.length === 0) return `${complete ? '  Nobody gains or loses any.\n' : ''}${rest}`;
  return changes.map(describeRight).join('') + rest;
}

function describeRight({ server, tool, before, after, users, members }: RightsChange): string {
  const what = before === after ? `${after} on something else` : `${before} -> ${after}`;
  const who = users.slice(0, 3).join(', ') + (members > 3 ? `, … (${members} members)` : '');
  return `  ${server}/${tool}: ${what}: ${who}\n`;
}

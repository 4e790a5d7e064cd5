import { z } from 'zod';
import type { AdminApi } from '../../admin-api/admin-api.js';
import { EXIT } from '../exit-codes.js';
import type { Printed } from './plan-command.js';
import { PolicyApi } from './policy-api.js';

export interface CoverageArguments extends Printed {
  /** How far back, in days. */
  days: number;
}

const lineSchema = z.object({
  record: z.object({ decision: z.object({ rule: z.string() }).nullable() }),
});

const DAY_MS = 86_400_000;

/**
 * `portcullis policy coverage`: which rules of the policy in force have decided recorded calls of the last days, and which
 * none. A rule that applied where another one decided does not count: only what was recorded does.
 */
export async function policyCoverage(api: AdminApi, { days, json }: CoverageArguments): Promise<number> {
  const { rules } = await new PolicyApi(api).read();
  const decided = await decisionsByRule(api, new Date(Date.now() - days * DAY_MS));
  const counts = rules.map(({ id }) => ({ rule: id, decided: decided.get(id) ?? 0 }));
  if (json) process.stdout.write(`${JSON.stringify({ days, rules: counts })}\n`);
  else process.stdout.write(describe(counts, days));
  return EXIT.ok;
}

/** Of intents and denials: outcomes have no decision of their own. */
async function decisionsByRule(api: AdminApi, from: Date): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const path = `/api/audit/export?format=jsonl&class=calls&from=${from.toISOString()}`;
  for await (const line of api.lines(path)) {
    if (line === '') continue;
    const rule = lineSchema.parse(JSON.parse(line)).record.decision?.rule;
    if (rule !== undefined) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  }
  return counts;
}

function describe(counts: readonly { rule: string; decided: number }[], days: number): string {
  const lines = counts.map(({ rule, decided }) => `${String(decided).padStart(10)}  ${rule}\n`);
  const none = counts.filter(({ decided }) => decided === 0).map(({ rule }) => rule);
  const end =
    none.length === 0 ? 'Every rule has decided calls' : `No call was decided by ${none.join(', ')}`;
  return `${lines.join('')}${end} (last ${days} days)\n`;
}

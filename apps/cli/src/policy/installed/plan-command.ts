import type { PolicyDocument, PolicyPlan } from '@portcullis/contracts';
import { loadPolicy, type FindingCode, type LocatedFinding, type SourceMap } from '@portcullis/policy-engine';
import { describeFindings } from '../describe-findings.js';
import { EXIT } from '../exit-codes.js';
import { readPolicyFiles } from '../read-files.js';
import { describePlan, wouldChange } from './describe-plan.js';
import type { PolicyApi } from './policy-api.js';

export interface Printed {
  json: boolean;
}

/** The document of these files; null when they have errors, which are then printed. */
export function readDocument(
  paths: string[],
  { json }: Printed,
): { document: PolicyDocument; sources: SourceMap } | null {
  const { policy } = readPolicyFiles(paths);
  if (policy.length === 0) throw new Error('There is no file of policy among these');
  const { document, sources, findings } = loadPolicy(policy);
  if (document !== null) return { document, sources };
  process.stdout.write(json ? `${JSON.stringify({ findings })}\n` : describeFindings(findings));
  return null;
}

/** Codes come from an installation, which may know more of them than this command. */
export const locate = ({ findings }: PolicyPlan, sources: SourceMap): LocatedFinding[] =>
  findings.map((finding) => sources.locate({ ...finding, code: finding.code as FindingCode }));

/** `portcullis policy plan`: what applying these files would change in the installation. Changes nothing. */
export async function planPolicy(api: PolicyApi, paths: string[], printed: Printed): Promise<number> {
  const read = readDocument(paths, printed);
  if (read === null) return EXIT.unusable;
  const plan = await api.plan(read.document);
  const findings = locate(plan, read.sources);
  process.stdout.write(
    printed.json ? `${JSON.stringify({ ...plan, findings })}\n` : describePlan(plan, findings),
  );
  if (plan.version === null) return EXIT.failed;
  return wouldChange(plan) ? EXIT.changes : EXIT.ok;
}

import { EXIT } from '../exit-codes.js';
import { describePlan, wouldChange } from './describe-plan.js';
import { locate, readDocument, type Printed } from './plan-command.js';
import type { PolicyApi } from './policy-api.js';

export interface ApplyArguments extends Printed {
  /** Version of the policy that an earlier plan was made on; missing: that of the plan made now. */
  basis?: string;
}

/**
 * `portcullis policy apply`: plans, and applies exactly that plan: all of it in one fact, and only while the policy is the
 * one that it was planned on.
 */
export async function applyPolicy(api: PolicyApi, paths: string[], options: ApplyArguments): Promise<number> {
  const read = readDocument(paths, options);
  if (read === null) return EXIT.unusable;
  const plan = await api.plan(read.document);
  const findings = locate(plan, read.sources);
  const print = (result: object, text: string) =>
    process.stdout.write(options.json ? `${JSON.stringify({ ...plan, findings, ...result })}\n` : text);
  if (plan.version === null || (!wouldChange(plan) && options.basis === undefined)) {
    print({ applied: false }, describePlan(plan, findings));
    return plan.version === null ? EXIT.failed : EXIT.ok;
  }
  const { revision, policyDigest } = await api.apply(read.document, options.basis ?? plan.basis);
  const done = `Applied ${plan.version} at revision ${revision} (policy digest ${policyDigest})\n`;
  print({ applied: true, revision, policyDigest }, describePlan(plan, findings) + done);
  return EXIT.ok;
}

/** `portcullis policy rollback`: an earlier version again, by a new fact. */
export async function rollBackPolicy(api: PolicyApi, version: string, { json }: Printed): Promise<number> {
  const changed = await api.rollBack(version);
  const { revision, policyDigest } = changed;
  const text = `Rolled back to ${version} at revision ${revision} (policy digest ${policyDigest})\n`;
  process.stdout.write(json ? `${JSON.stringify({ version, ...changed })}\n` : text);
  return EXIT.ok;
}

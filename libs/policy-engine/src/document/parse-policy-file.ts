import { AppError } from '@portcullis/contracts';
import { compileCondition } from '../conditions/compile.js';
import { complaintsOf, type Complaint } from './describe-issue.js';
import type { LocatedFinding } from './finding.js';
import { policyFileSchema, type PolicyFile } from './policy-file.js';
import { pointer } from './pointer.js';
import { brief, MAX_PROBLEMS, readYaml } from './read-yaml.js';
import { nearestPlace, type Places } from './source-map.js';

export interface PolicySource {
  /** What the author calls the file; for messages only. */
  name: string;
  text: string;
}

export interface ParsedFile {
  name: string;
  /** Null when it could not be read: then there are findings. */
  content: PolicyFile | null;
  places: Places;
  findings: LocatedFinding[];
}

/** Reads one file of policy: YAML, then its shape, then its conditions. Every finding is an error. */
export function parsePolicyFile({ name, text }: PolicySource): ParsedFile {
  const { value, places, problems } = readYaml(name, text);
  if (problems.length > 0) {
    const findings = problems.map((problem) => ({
      severity: 'error' as const,
      rule: ruleAt(value, problem.at),
      ...problem,
    }));
    return { name, content: null, places, findings };
  }
  const parsed = policyFileSchema.safeParse(value);
  const complaints = parsed.success ? brokenConditions(parsed.data) : complaintsOf(parsed.error);
  const findings = complaints.slice(0, MAX_PROBLEMS).map((complaint) => ({
    severity: 'error' as const,
    rule: ruleAt(value, complaint.at),
    ...complaint,
    reason: brief(complaint.reason),
    ...nearestPlace(places, complaint.at),
  }));
  const content = parsed.success && findings.length === 0 ? parsed.data : null;
  return { name, content, places, findings };
}

const SECTIONS = ['guards', 'rules'] as const;

function brokenConditions(file: PolicyFile): Complaint[] {
  return SECTIONS.flatMap((section) =>
    (file[section] ?? []).flatMap(({ when }, index) => {
      const problem = when === undefined ? undefined : conditionProblem(when);
      if (problem === undefined) return [];
      const at = `${pointer([section, index, 'when'])}${problem.at}`;
      return [{ code: 'invalid-condition' as const, at, reason: problem.reason }];
    }),
  );
}

function conditionProblem(when: unknown): { at: string; reason: string } | undefined {
  try {
    compileCondition(when);
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const at = String(error.details?.['at'] ?? '');
    return { at, reason: error.message.replace(/^Condition at "[^]*?": /, '') };
  }
}

/** The id of the rule or guard around a place, where it has been read. */
function ruleAt(value: unknown, at: string): string | null {
  const [, section = '', index = ''] = at.split('/');
  if (!(SECTIONS as readonly string[]).includes(section)) return null;
  const list = (value as Record<string, unknown> | undefined)?.[section];
  const id = Array.isArray(list) ? (list[Number(index)] as { id?: unknown } | undefined)?.id : undefined;
  return typeof id === 'string' ? id : null;
}

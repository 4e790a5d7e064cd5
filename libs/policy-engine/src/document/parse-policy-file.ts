import { AppError } from '@portcullis/contracts';
import type { z } from 'zod';
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

export interface ParsedFile extends ParsedYaml<PolicyFile> {
  name: string;
}

export interface ParsedYaml<T> {
  /** Null when it could not be read: then there are findings. */
  content: T | null;
  places: Places;
  findings: LocatedFinding[];
}

/** Reads one YAML file, strictly, and holds it to a schema. `check` is asked only where the schema is met. */
export function parseYamlFile<T>(
  { name, text }: PolicySource,
  schema: z.ZodType<T>,
  check: (content: T) => Complaint[] = () => [],
): ParsedYaml<T> {
  const { value, places, problems } = readYaml(name, text);
  const error = { severity: 'error' as const };
  if (problems.length > 0) {
    const findings = problems.map((problem) => ({ ...error, rule: ruleAt(value, problem.at), ...problem }));
    return { content: null, places, findings };
  }
  const parsed = schema.safeParse(value);
  const complaints = parsed.success ? check(parsed.data) : complaintsOf(parsed.error);
  const findings = complaints.slice(0, MAX_PROBLEMS).map((complaint) => ({
    ...error,
    rule: ruleAt(value, complaint.at),
    ...complaint,
    reason: brief(complaint.reason),
    ...nearestPlace(places, complaint.at),
  }));
  return { content: parsed.success && findings.length === 0 ? parsed.data : null, places, findings };
}

/** Reads one file of policy: YAML, then its shape, then its conditions. Every finding is an error. */
export const parsePolicyFile = (source: PolicySource): ParsedFile => ({
  name: source.name,
  ...parseYamlFile(source, policyFileSchema, brokenConditions),
});

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

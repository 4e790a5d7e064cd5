/** What can be wrong with a policy. Closed: `docs/reference/policy-language.md` lists them with their meaning. */
export const FINDINGS = {
  'file-unreadable': 'The file is too large, is not UTF-8 or has no document.',
  'yaml-syntax': 'The file is not YAML, or uses a part of YAML that policy does not take.',
  'yaml-scalar': 'A plain value that readers of YAML disagree about must be quoted.',
  'duplicate-key': 'A key occurs twice in one mapping.',
  'unknown-field': 'There is no such field.',
  'invalid-value': 'A value is missing, of the wrong type or out of bounds.',
  'invalid-condition': 'A condition has an unknown operator, a wrong operand or a path that leads nowhere.',
  'defined-twice': 'Two files, or one twice, define the same thing.',
  'builtin-name': 'The name is one of the built-in roles or rules, or a group brings the role admin.',
  'unknown-role': 'No such role is built in, defined in the document or there already.',
  'unknown-group': 'No such group is defined in the document or there already.',
  'unknown-user': 'No member of the organisation has this id.',
  'unknown-server': 'No server is connected under this slug.',
  'unknown-tool': 'The tool is neither known nor labelled on any server of the rule.',
  'unseen-tool': 'The document labels a tool that the server has not shown.',
  'unlabelled-tool': 'The rule is about tools without a label, which are denied before rules are asked.',
  'matches-nothing': 'No tool matches the globs, or none has such a label, at present.',
  nobody: 'No member is, or holds, any of the subjects at present.',
  'never-fires':
    'The rule can decide no call: its condition contradicts itself, or its tools never have its labels.',
  'only-in-doubt':
    'The condition of a restriction contradicts itself: it applies only where it can not be told.',
  shadowed: 'A deny decides every call that the rule is about.',
  contradiction: 'Another rule denies exactly the calls that this one allows.',
  redundant: 'Another rule says all that this one says.',
  'unknown-path': 'A condition looks at something of the caller or the context that does not exist.',
  'unknown-argument': 'A condition looks at an argument that the tools do not declare.',
  'wrong-type': 'An operator is used on a value that never has a type it can be told of.',
  'impossible-value': 'A value is compared with something that it can never be.',
  refused: 'The policy refuses the document as a whole.',
  'analysis-incomplete': 'The policy is too large to be looked at as a whole.',
} as const;

export type FindingCode = keyof typeof FINDINGS;
export type Severity = 'error' | 'warning';

/** One thing that is wrong with a policy document. */
export interface Finding {
  severity: Severity;
  code: FindingCode;
  /** Id of the rule or guard that it is about; null when it is about something else. */
  rule: string | null;
  /** JSON Pointer (RFC 6901) into the document. */
  at: string;
  /** One sentence for the author, without the place. */
  reason: string;
}

export interface Place {
  file: string;
  /** Both from 1. */
  line: number;
  column: number;
}

/** A finding with the place in the author's file. */
export type LocatedFinding = Finding & Place;

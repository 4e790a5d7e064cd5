export { acceptableArguments } from './decisions/acceptable-arguments.js';
export { argumentPathsOf } from './decisions/argument-paths.js';
export { decideQuestion, refuseAsker } from './decisions/decide-question.js';
export { definitionChanges } from './decisions/definition-changes.js';
export { explainVerdict } from './decisions/explain.js';
export { explainRules, type ExplainedRule, type ExplainedRules } from './decisions/explain-rules.js';
export { listAllowed, type AllowedTool, type AllowedToolsQuery } from './decisions/list-allowed.js';
export { type Asker, type Question, someone } from './decisions/question.js';
export { Snapshot } from './decisions/snapshot.js';
export { allowBy, denyBy, type Verdict } from './decisions/verdict.js';
export { couldBeAllowed } from './decisions/visible-tools.js';
export {
  type Finding,
  type FindingCode,
  FINDINGS,
  type LocatedFinding,
  type Place,
} from './document/finding.js';
export { type LoadedPolicy, loadPolicy } from './document/load-policy.js';
export type { PolicySource } from './document/parse-policy-file.js';
export { POLICY_FORMAT, type PolicyFile, policyFileSchema } from './document/policy-file.js';
export { policyJsonSchema } from './document/policy-json-schema.js';
export { nearestPlace, SourceMap } from './document/source-map.js';
export { type Fact, factCodec, orgOfStream, policyStream } from './facts/facts.js';
export {
  type Actor,
  id as storedId,
  type StoredDocument,
  type StoredRule,
  time as storedTime,
} from './facts/fields.js';
export { liveApproval, mayApprove } from './organisation/approvals.js';
export type { CommandBatch, EngineCommand, SeenTool } from './organisation/decide.js';
export { documentOf, rulesOfDocument, versionOf } from './organisation/policy-document.js';
export { organisation } from './organisation/organisation.js';
export {
  type Approval,
  type ApprovalRequest,
  BUILTIN_ROLES,
  groupsOf,
  initialState,
  isAdmin,
  type PolicyState,
  rolesOf,
  type Server,
  type ToolDefinition,
} from './organisation/state.js';
export { readState, STATE_VERSION, storeState } from './organisation/stored-state.js';
export { validatePolicy } from './validation/validate-policy.js';
export { catalogueOf } from './plan/catalogue-of.js';
export { planPolicy } from './plan/plan-policy.js';
export { appliedRules } from './decisions/applied-rules.js';
export { assemblePolicy, idOfNumber } from './document/assembled-policy.js';
export { parseYamlFile, type ParsedYaml } from './document/parse-policy-file.js';
export { policyFileOf, writePolicy } from './document/write-policy.js';
export { couldUse, type CouldUse, labelOf, membersAfter } from './history/who-could.js';
export { applyCandidate, type Candidate, candidateOf } from './simulation/candidate.js';
export { PolicyPair } from './simulation/policy-pair.js';
export { recordedCall, type RecordedCall } from './simulation/recorded-call.js';
export { type Replayed } from './simulation/replay.js';
export { simulationReport } from './simulation/report.js';
export { Tally } from './simulation/tally.js';

export { argumentDigest } from './encoding/argument-digest.js';
export { AppError, type AppErrorOptions } from './errors/app-error.js';
export { describeFaults, validated } from './errors/describe-faults.js';
export { ERROR_CODES, ERROR_TABLE, type ErrorCode, type ErrorFaces } from './errors/error-codes.js';
export {
  errorBodySchema,
  fromErrorBody,
  toErrorBody,
  toJsonRpcError,
  toProblem,
  type ErrorBody,
} from './errors/error-body.js';
export { Secret } from './sensitive/secret.js';
export {
  CORRELATION_HEADER,
  REPLY_HEADER,
  REQUEST_HEADER,
  TRACE_HEADER,
  type CallObserver,
  type EachRequester,
  type Requester,
  type WireMessage,
} from './clients/requester.js';
export type { ManyReply, ManyRequest } from './many.js';
export { EachCaller } from './clients/each-caller.js';
export { Convoy, type ConvoyOptions } from './clients/convoy.js';
export { groupsOf, type GroupBounds } from './clients/groups-of.js';
export { AuthzenClient } from './clients/authzen-client.js';
export { PolicyClient } from './clients/policy-client.js';
export { TogetherCaller } from './clients/together-caller.js';
export { VerbCaller, type CallOptions, type VerbCalls } from './clients/verb-caller.js';
export { verb, type Verb, type VerbSubject } from './verb.js';
export {
  kekIdSchema,
  keksReplySchema,
  MAX_REWRAP_RATE,
  retireKekArgumentsSchema,
  retireKekReplySchema,
  rewrapArgumentsSchema,
  rewrapReplySchema,
  rotateKekArgumentsSchema,
  rotateKekReplySchema,
  rotationReportSchema,
  signedRotationReportSchema,
  type KeksReply,
  type KeksRequest,
  type RetireKekReply,
  type RetireKekRequest,
  type RewrapReply,
  type RewrapRequest,
  type RotateKekReply,
  type RotateKekRequest,
  type RotationReport,
  type SignedRotationReport,
} from './messages/keks.js';
export {
  ERASURE_OPERATION_OF,
  ERASURE_OPERATIONS,
  eraseReplySchema,
  isErasureOperation,
  type EraseArguments,
  type EraseReply,
  type EraseRequest,
  type ErasureOperation,
} from './messages/erasure.js';
export { readinessReplySchema, type ReadinessReply } from './messages/readiness.js';
export { VERBS } from './verbs.js';
export { POLICY_API_VERBS } from './policy-api-verbs.js';
export {
  HINTS,
  inboxPrefix,
  SERVICES_ON_NATS,
  subjectPermissions,
  type NatsUser,
  type SubjectPermissions,
} from './subjects.js';
export {
  auditRecordSchema,
  auditStream,
  outcomeSchema,
  RECORD_TYPES,
  type AuditRecord,
  type Outcome,
} from './record/audit-record.js';
export { sealForSubject, subjectAad, SUBJECT_INFO } from './record/sealed-box.js';
export { SubjectSealer } from './record/subject-sealer.js';
export { referencedArguments, type ReferencedArgument } from './record/referenced-arguments.js';
export { openSealing, type OpenSealing } from './messages/open-sealing.js';
export {
  slugSchema,
  toolNameSchema,
  nameSchema,
  hash32Schema,
  base64urlSchema,
  jwsSchema,
  destinationSchema,
  timeSchema,
  labelSchema,
  ownerKindSchema,
  slotSchema,
  actorKindSchema,
  sealedBoxSchema,
  type ToolLabel,
  type OwnerKind,
  type CredentialSlot,
  type SealedBox,
} from './messages/fields.js';
export {
  OPERATIONS,
  operationSchema,
  ADMIN_OPERATIONS,
  adminOperationSchema,
  annotationsSchema,
  contextSchema,
  authorizeRequestSchema,
  reasonSchema,
  decisionSchema,
  grantsSchema,
  authorizationSchema,
  authorizeAdminRequestSchema,
  filterToolsRequestSchema,
  filteredToolsSchema,
  observeToolsReplySchema,
  observeToolsRequestSchema,
  type ObserveToolsReply,
  type ObserveToolsRequest,
  checkRequestSchema,
  MAX_ARGUMENT_PATHS,
  type Operation,
  type AdminOperation,
  toolAnnotationsOf,
  type ToolAnnotations,
  type DecisionContext,
  type AuthorizeRequest,
  type DecisionReason,
  type Decision,
  type Grants,
  type Authorization,
  type AuthorizeAdminRequest,
  type FilterToolsRequest,
  type FilteredTools,
  type CheckRequest,
} from './messages/policy.js';
export {
  allowedToolSchema,
  CHECK_MANY_LIMIT,
  checkItemSchema,
  checkManyReplySchema,
  checkManyRequestSchema,
  checkResultSchema,
  explainedLeafSchema,
  explainedRuleSchema,
  explainReplySchema,
  LIST_ALLOWED_LIMIT,
  listAllowedReplySchema,
  listAllowedRequestSchema,
  type CheckItem,
  type CheckManyReply,
  type CheckManyRequest,
  type CheckResult,
  type ExplainedRuleMessage,
  type ExplainReply,
  type ListAllowedReply,
  type ListAllowedRequest,
} from './messages/policy-api.js';
export {
  ruleSchema,
  policyCommandSchema,
  policyCommandRequestSchema,
  policyCommandReplySchema,
  policyStateRequestSchema,
  policyStateSchema,
  toolDefinitionReplySchema,
  toolDefinitionRequestSchema,
  type ToolDefinitionReply,
  type ToolDefinitionRequest,
  type Rule,
  type PolicyCommand,
  type PolicyCommandRequest,
  type PolicyCommandReply,
  activePolicyRequestSchema,
  activePolicySchema,
  type ActivePolicy,
  type ActivePolicyRequest,
  type PolicyStateRequest,
  type PolicyState,
} from './messages/policy-admin.js';
export { toolDefinitionDigest } from './encoding/tool-definition-digest.js';
export { conditionSchema } from './messages/condition.js';
export {
  accessSchema,
  explainForAdminRequestSchema,
  policyPlanRequestSchema,
  policyPlanSchema,
  type Access,
  type ExplainForAdminRequest,
  type PolicyChange,
  type PolicyFinding,
  type PolicyPlan,
  type PolicyPlanRequest,
  type RightsChange,
} from './messages/policy-plan.js';
export { policyCatalogueSchema, type PolicyCatalogue } from './messages/policy-catalogue.js';
export {
  approvalSchema,
  decideApprovalReplySchema,
  decideApprovalRequestSchema,
  listApprovalsReplySchema,
  listApprovalsRequestSchema,
  type Approval,
  type DecideApprovalReply,
  type DecideApprovalRequest,
  type ListApprovalsReply,
  type ListApprovalsRequest,
} from './messages/policy-approvals.js';
export {
  documentGuardSchema,
  documentRuleSchema,
  pinningSchema,
  policyDocumentSchema,
  type DocumentGuard,
  type DocumentRule,
  type PolicyDocument,
} from './messages/policy-document.js';
export {
  momentSchema,
  factPlaceSchema,
  pastQuestionSchema,
  decideAtRequestSchema,
  decideAtReplySchema,
  whoCouldRequestSchema,
  couldUseSchema,
  whoCouldReplySchema,
  type Moment,
  type FactPlace,
  type PastQuestion,
  type DecideAtRequest,
  type DecideAtReply,
  type WhoCouldRequest,
  type WhoCouldReply,
} from './messages/policy-history.js';
export {
  openRequestSchema,
  openReplySchema,
  openedCredentialsSchema,
  secretTargetSchema,
  sealedPutSchema,
  putArgumentsSchema,
  putRequestSchema,
  secretMetadataSchema,
  deleteArgumentsSchema,
  deleteRequestSchema,
  deleteReplySchema,
  listSecretsRequestSchema,
  listSecretsReplySchema,
  createSubjectKeyRequestSchema,
  subjectKeySchema,
  type OpenRequest,
  type OpenReply,
  type SecretTarget,
  type SealedPut,
  type PutArguments,
  type PutRequest,
  type SecretMetadata,
  type DeleteRequest,
  type DeleteReply,
  type ListSecretsRequest,
  type ListSecretsReply,
  type CreateSubjectKeyRequest,
  type SubjectKey,
} from './messages/vault.js';
export {
  appendEntrySchema,
  appendRequestSchema,
  appendResultSchema,
  appendReplySchema,
  callStatusSchema,
  auditFilterSchema,
  auditQueryRequestSchema,
  auditRowSchema,
  auditPageSchema,
  auditExportRequestSchema,
  auditExportChunkSchema,
  MAX_POLICY_HEADS,
  policyHeadSchema,
  MAX_RECORDED,
  recordedReplySchema,
  recordedRequestSchema,
  type RecordedReply,
  type RecordedRequest,
  policyHeadsReplySchema,
  policyHeadsRequestSchema,
  type AppendEntry,
  type IntentEntry,
  type DenialEntry,
  type ReadingEntry,
  type OutcomeEntry,
  type FactEntry,
  type AppendRequest,
  type AppendResult,
  type AppendReply,
  type CallStatus,
  type AuditFilter,
  type AuditQueryRequest,
  type AuditRow,
  type AuditPage,
  type AuditExportRequest,
  type AuditExportChunk,
  type PolicyHead,
  type PolicyHeadsReply,
  type PolicyHeadsRequest,
} from './messages/audit.js';
export {
  inexactReasonSchema,
  simulationSchema,
  simulationReportSchema,
  simulateRequestSchema,
  simulateReplySchema,
  type InexactReason,
  type Simulation,
  type SimulationReport,
  type SimulateRequest,
  type SimulateReply,
} from './messages/policy-simulation.js';
export {
  decidedCallSchema,
  decidedCallsRequestSchema,
  decidedCallsReplySchema,
  type DecidedCall,
  type DecidedCallsRequest,
  type DecidedCallsReply,
} from './messages/decided-calls.js';
export {
  MAX_SECTIONS,
  MAX_SECTIONS_TEXT,
  openedSectionsSchema,
  openSectionsReplySchema,
  openSectionsRequestSchema,
  sealedSectionSchema,
  sealedSectionsReplySchema,
  sealedSectionsRequestSchema,
  sectionsSealing,
  simulationSectionSchema,
  type OpenedSection,
  type OpenSectionsReply,
  type OpenSectionsRequest,
  type SealedSectionsReply,
  type SealedSectionsRequest,
  type SectionsSealing,
  type SimulationSection,
} from './messages/sealed-sections.js';
export { decisionInputsSchema, type DecisionInputs } from './messages/decision-inputs.js';
export {
  authenticateRequestSchema,
  principalSchema,
  authenticateReplySchema,
  injectionSchema,
  serverEndpointSchema,
  directoryRequestSchema,
  directoryReplySchema,
  MAX_CHANGED_ORGANISATIONS,
  renewLeaseRequestSchema,
  renewLeaseReplySchema,
  releaseLeaseRequestSchema,
  releaseLeaseReplySchema,
  type AuthenticateRequest,
  type Principal,
  type AuthenticateReply,
  type Injection,
  type ServerEndpoint,
  type DirectoryRequest,
  type DirectoryReply,
  type RenewLeaseRequest,
  type RenewLeaseReply,
  type ReleaseLeaseRequest,
  type ReleaseLeaseReply,
} from './messages/control.js';
// NOTE for clients/verb-caller.ts: `verifyReply`'s third argument is now the Pc-Request TOKEN that was sent (string),
// not requestHash(subject, body): otherwise a broker could answer with the reply to an equal request sent seconds before.
//   verifyReply(this.keyring, verb.callee, token, answer.body, replyToken, this.clock());
// verifyRequest still returns `reqh` to hand to signReply: nothing changes on the callee's side.
export { b64u, fromB64u } from './encoding/base64url.js';
export { canonicalBytes, canonicalJson, type JsonValue } from './encoding/canonical-json.js';
export { parseIJson, type IJsonLimits } from './encoding/i-json.js';
export { deterministicId, idBytes, idFromBytes, newId, ulidSchema } from './encoding/ids.js';
export { lp, uint64be } from './encoding/length-prefix.js';
export { sha256 } from './encoding/sha256.js';
export {
  generateIdentity,
  KEY_USES,
  SERVICE_NAMES,
  serviceIdentitySchema,
  serviceNameSchema,
  trustedKeySchema,
  type KeyUse,
  type ServiceIdentity,
  type ServiceName,
  type TrustedKey,
  type Validity,
} from './trust/identity.js';
export { Keyring, type Signed } from './trust/keyring.js';
export {
  privateKeyFromRaw,
  publicKeyFromRaw,
  rawPrivateKey,
  rawPublicKey,
  type Curve,
} from './trust/raw-keys.js';
export {
  generateInstallationRoot,
  openTrustBundle,
  signedTrustBundleSchema,
  signTrustBundle,
  trustBundleSchema,
  type SignedTrustBundle,
  type TrustBundle,
} from './trust/trust-bundle.js';
export {
  signClientReply,
  signClientRequest,
  verifyClientReply,
  verifyClientRequest,
  type ReceivedMessage,
  type VerifiedClientRequest,
} from './tokens/client-request.js';
export {
  deriveClientKeys,
  verifyClientToken,
  type ClientKeys,
  type ClientKeysOf,
} from './tokens/client-keys.js';
export {
  claimedClientId,
  clientRequestKey,
  issueClientToken,
  parseClientToken,
} from './tokens/client-token.js';
export { claimedKid, payloadHash } from './tokens/compact-jws.js';
export { denialClaimsSchema, type DenialClaims } from './tokens/denial-token.js';
export {
  GRANT_OPERATIONS,
  grantClaimsSchema,
  isKekOperation,
  KEK_OPERATIONS,
  type GrantClaims,
  type KekOperation,
} from './tokens/grant-token.js';
export { issueForAudiences, issueToken, type TokenClaims } from './tokens/issue-token.js';
export { principalClaimsSchema, type PrincipalClaims } from './tokens/principal-token.js';
export {
  MAX_READING_BOXES,
  READING_OPERATION,
  readingAboutSchema,
  readingClaimsSchema,
  readingPurposeSchema,
  type ReadingAbout,
  type ReadingClaims,
  type ReadingPurpose,
} from './tokens/reading-token.js';
export { receiptClaimsSchema, type ReceiptClaims } from './tokens/receipt-token.js';
export { type RefusalReason } from './tokens/refused.js';
export { ReplayWindow } from './tokens/replay-window.js';
export {
  requestHash,
  signReply,
  signRequest,
  verifyReply,
  verifyRequest,
  type VerifiedRequest,
} from './tokens/request.js';
export { CLOCK_SKEW, type ClaimsByType, type TokenType } from './tokens/token-types.js';
export { verifyToken, verifyTokenOfThePast } from './tokens/verify-token.js';
export { HpkeReceiver } from './sealed/hpke-receiver.js';
export { hpkeOpen, hpkeSeal, type HpkeOpenParams, type HpkeSealParams } from './sealed/hpke.js';
export { generateReplyKey, replyKeyHash, replyKeyId, type ReplyKey } from './sealed/reply-key.js';
export {
  SealedChannel,
  type OwnSealingKey,
  type PeerSealingKey,
  type SealedContext,
  type SealedPurpose,
} from './sealed/sealed-channel.js';
export { openMessage, sealMessage } from './sealed/sealed-message.js';
export { decodeEnvelope, encodeEnvelope } from './envelope/envelope-codec.js';
export {
  openEnvelope,
  sealEnvelope,
  type Envelope,
  type OpenEnvelopeParams,
  type SealEnvelopeParams,
} from './envelope/envelope.js';
export { deriveLocalKek, expandLocalKek, extractLocalKeks, unwrapKey, wrapKey } from './envelope/key-wrap.js';
export { secretAad, type SecretAad } from './envelope/secret-aad.js';
export { formatCheckpoint, parseCheckpoint, type Checkpoint } from './log/checkpoint.js';
export { leafBytes, leafHash, nodeHash, recordHash, type Leaf } from './log/leaf.js';
export {
  cosignNote,
  formatVerifierKey,
  noteKeyHash,
  parseVerifierKey,
  signNote,
  verifyNote,
  type NoteKey,
  type VerifiedNote,
} from './log/signed-note.js';
export { apiKeyPattern, formatApiKey, generateApiKey, parseApiKey } from './api-key/api-key.js';

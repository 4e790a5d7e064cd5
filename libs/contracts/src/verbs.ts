import { eraseReplySchema, eraseRequestSchema } from './messages/erasure.js';
import { HISTORY_VERBS } from './history-verbs.js';
import { KEK_VERBS } from './kek-verbs.js';
import { SEALED_VERBS } from './sealed-verbs.js';
import {
  appendReplySchema,
  appendRequestSchema,
  auditExportChunkSchema,
  auditExportRequestSchema,
  auditPageSchema,
  auditQueryRequestSchema,
  policyHeadsReplySchema,
  policyHeadsRequestSchema,
  recordedReplySchema,
  recordedRequestSchema,
} from './messages/audit.js';
import {
  authenticateReplySchema,
  authenticateRequestSchema,
  directoryReplySchema,
  directoryRequestSchema,
  releaseLeaseReplySchema,
  releaseLeaseRequestSchema,
  renewLeaseReplySchema,
  renewLeaseRequestSchema,
} from './messages/control.js';
import {
  createSubjectKeyRequestSchema,
  deleteReplySchema,
  deleteRequestSchema,
  listSecretsReplySchema,
  listSecretsRequestSchema,
  openReplySchema,
  openRequestSchema,
  putRequestSchema,
  secretMetadataSchema,
  subjectKeySchema,
} from './messages/vault.js';
import { readinessReplySchema, readinessRequestSchema } from './messages/readiness.js';
import type { ServiceName } from './trust/identity.js';
import { POLICY_VERBS } from './policy-verbs.js';
import { POLICY_CODE_VERBS } from './policy-code-verbs.js';
import { verb } from './verb.js';

/** Services whose replicas keep something of an organisation in memory: a change has to reach each of them. */
export const CACHE_HOLDERS = ['gateway', 'policy', 'vault'] as const;

/** Asks a service whether it can serve. Shorter than a probe waits, longer than the service gives its own checks. */
const readiness = <Callee extends ServiceName>(callee: Callee, callers: readonly ServiceName[]) =>
  verb(
    {
      subject: `${callee}.v1.ready`,
      callee,
      callers,
      request: readinessRequestSchema,
      reply: readinessReplySchema,
    },
    { maxRequestKiB: 1, timeoutMs: 2000 },
  );

/** Every request/reply subject of the system. NATS permissions are derived from this table (subjects.ts). */
export const VERBS = {
  authenticate: verb({
    subject: 'control.v1.authenticate',
    callee: 'control',
    callers: ['gateway'],
    request: authenticateRequestSchema,
    reply: authenticateReplySchema,
  }),
  directory: verb({
    subject: 'control.v1.directory',
    callee: 'control',
    callers: ['gateway'],
    request: directoryRequestSchema,
    reply: directoryReplySchema,
  }),
  renewLease: verb(
    {
      subject: 'control.v1.renewLease',
      callee: 'control',
      callers: CACHE_HOLDERS,
      request: renewLeaseRequestSchema,
      reply: renewLeaseReplySchema,
    },
    // Short: a lease lasts two seconds, and a request that got lost has to be repeated within them.
    { mutates: true, timeoutMs: 600 },
  ),
  releaseLease: verb(
    {
      subject: 'control.v1.releaseLease',
      callee: 'control',
      callers: CACHE_HOLDERS,
      request: releaseLeaseRequestSchema,
      reply: releaseLeaseReplySchema,
    },
    { mutates: true, timeoutMs: 600 },
  ),
  ...POLICY_VERBS,
  ...POLICY_CODE_VERBS,
  ...HISTORY_VERBS,
  ...SEALED_VERBS,
  ...KEK_VERBS,
  append: verb(
    {
      subject: 'audit.v1.append',
      callee: 'audit',
      callers: ['gateway', 'control', 'vault', 'policy'],
      request: appendRequestSchema,
      reply: appendReplySchema,
    },
    // Not `mutates`: the recordId makes a repeated append harmless, and senders do repeat it.
    { maxRequestKiB: 900, timeoutMs: 5000 },
  ),
  auditQuery: verb(
    {
      subject: 'audit.v1.query',
      callee: 'audit',
      callers: ['control'],
      request: auditQueryRequestSchema,
      reply: auditPageSchema,
    },
    { timeoutMs: 10_000 },
  ),
  auditExport: verb(
    {
      subject: 'audit.v1.export',
      callee: 'audit',
      callers: ['control'],
      request: auditExportRequestSchema,
      reply: auditExportChunkSchema,
    },
    { timeoutMs: 20_000 },
  ),
  recorded: verb({
    subject: 'audit.v1.recorded',
    callee: 'audit',
    callers: ['vault'],
    request: recordedRequestSchema,
    reply: recordedReplySchema,
  }),
  policyHeads: verb({
    subject: 'audit.v1.policyHeads',
    callee: 'audit',
    callers: ['policy'],
    request: policyHeadsRequestSchema,
    reply: policyHeadsReplySchema,
  }),
  open: verb(
    {
      subject: 'vault.v1.open',
      callee: 'vault',
      callers: ['gateway'],
      request: openRequestSchema,
      reply: openReplySchema,
    },
    // A key's service is waited for 3 seconds, and the caller should hear what it said.
    { together: 32, timeoutMs: 4000 },
  ),
  putSecret: verb(
    {
      subject: 'vault.v1.put',
      callee: 'vault',
      callers: ['control'],
      request: putRequestSchema,
      reply: secretMetadataSchema,
    },
    // The first secret of an owner makes a key: it is wrapped, and unwrapped to be used.
    { mutates: true, maxRequestKiB: 512, timeoutMs: 8000 },
  ),
  deleteSecret: verb(
    {
      subject: 'vault.v1.delete',
      callee: 'vault',
      callers: ['control'],
      request: deleteRequestSchema,
      reply: deleteReplySchema,
    },
    { mutates: true },
  ),
  erase: verb(
    {
      subject: 'vault.v1.erase',
      callee: 'vault',
      callers: ['control'],
      request: eraseRequestSchema,
      reply: eraseReplySchema,
    },
    // A server may have a secret of each user.
    { mutates: true, timeoutMs: 10_000 },
  ),
  listSecrets: verb({
    subject: 'vault.v1.list',
    callee: 'vault',
    callers: ['control'],
    request: listSecretsRequestSchema,
    reply: listSecretsReplySchema,
  }),
  createSubjectKey: verb(
    {
      subject: 'vault.v1.createSubjectKey',
      callee: 'vault',
      callers: ['control'],
      request: createSubjectKeyRequestSchema,
      reply: subjectKeySchema,
    },
    { timeoutMs: 8000 },
  ),
  controlReady: readiness('control', ['gateway']),
  policyReady: readiness('policy', ['gateway', 'control']),
  auditReady: readiness('audit', ['gateway', 'control']),
  vaultReady: readiness('vault', ['gateway', 'control']),
} as const;

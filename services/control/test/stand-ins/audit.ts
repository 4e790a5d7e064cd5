import { randomBytes } from 'node:crypto';
import {
  AppError,
  b64u,
  issueToken,
  payloadHash,
  sha256,
  VERBS,
  verifyToken,
  type AppendEntry,
  type AppendResult,
  type AuditRow,
  type FactEntry,
} from '@portcullis/contracts';
import type { VerbResponder } from './verb-responder.js';

const HASH = b64u(sha256('record'));

/** Records in memory, first occurrence of a record id only; receipts bound to their grant. */
export class StandInAudit {
  readonly entries = new Map<string, AppendEntry>();
  /** Actions that are refused for good. */
  readonly refusing = new Set<string>();
  /** What exports answer, chunk by chunk; a function may fail. */
  chunks: (string | (() => string))[] = ['time,actor\r\n'];
  /** How many chunks have been asked for. */
  asked = 0;

  constructor(readonly responder: VerbResponder) {
    responder.serve(VERBS.append, ({ entries }) => ({ results: entries.map((entry) => this.append(entry)) }));
    responder.serve(VERBS.auditQuery, ({ assertion, filter, cursor }) => {
      const { org } = this.verify(assertion);
      const rows = this.facts(org).filter(
        ({ action }) => filter.action === undefined || action === filter.action,
      );
      return { rows: cursor === null ? rows.map(toRow) : [], next: cursor === null ? 'page-2' : null };
    });
    responder.serve(VERBS.auditExport, ({ assertion, cursor }) => {
      this.verify(assertion);
      this.asked += 1;
      const at = Number(cursor ?? 0);
      const chunk = this.chunks[at] ?? '';
      const text = typeof chunk === 'string' ? chunk : chunk();
      return { chunk: text, records: 1, next: at + 1 < this.chunks.length ? String(at + 1) : null };
    });
  }

  facts(org: string): FactEntry[] {
    return [...this.entries.values()].filter(
      (entry): entry is FactEntry => entry.kind === 'fact' && entry.org === org,
    );
  }

  private verify(assertion: string) {
    return verifyToken(this.responder.keyring, 'pc-principal+jwt', 'control', assertion, new Date());
  }

  private append(entry: AppendEntry): AppendResult {
    const { keyring } = this.responder;
    const { recordId } = entry;
    if (entry.kind === 'fact' && this.refusing.has(entry.action)) {
      return { status: 'refused', recordId, code: 'FORBIDDEN', message: 'Not an action of this service.' };
    }
    if (entry.kind === 'denial') verifyToken(keyring, 'pc-denial+jwt', 'policy', entry.denial, new Date());
    if (entry.kind === 'outcome')
      throw new AppError('FORBIDDEN', 'Control states what became of it as a fact.');
    if (!this.entries.has(recordId)) this.entries.set(recordId, entry);
    const receipt = entry.kind === 'intent' ? this.receipt(entry) : null;
    return { status: 'recorded', recordId, stream: 'audit-test', revision: this.entries.size, receipt };
  }

  private receipt({ grant, recordId }: Extract<AppendEntry, { kind: 'intent' }>): string {
    const { keyring } = this.responder;
    const { org, call, attempt, exp } = verifyToken(keyring, 'pc-grant+jwt', 'policy', grant, new Date());
    return issueToken(keyring, 'pc-receipt+jwt', 'vault', {
      exp,
      kind: 'intent',
      org,
      call,
      attempt,
      gh: b64u(payloadHash(grant)),
      recordId,
      dh: HASH,
      stream: 'audit-test',
      revision: 0,
    });
  }
}

function toRow(fact: FactEntry): AuditRow {
  return {
    stream: 'audit-test',
    revision: 0,
    dataHash: HASH,
    state: null,
    record: {
      v: 1,
      type: 'AdminActionRecorded',
      recordId: fact.recordId,
      org: fact.org,
      class: 'admin',
      time: fact.occurredAt,
      source: 'control',
      actor: { ...fact.actor, client: null, agent: null, session: null },
      action: { op: fact.action, srv: null, slug: null, tool: null, label: null, target: fact.target },
      decision: null,
      call: null,
      digests: null,
      outcome: null,
      data: fact.data,
      occurredAt: fact.occurredAt,
      nonce: b64u(randomBytes(16)),
      sealed: fact.sealed,
    },
  };
}

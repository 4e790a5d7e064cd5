import { randomBytes } from 'node:crypto';
import {
  AppError,
  b64u,
  issueToken,
  payloadHash,
  VERBS,
  verifyToken,
  verifyTokenOfThePast,
  type AppendEntry,
  type AppendReply,
  type AppendRequest,
  type AppendResult,
  type DenialClaims,
  type GrantClaims,
  type IntentEntry,
  type Keyring,
  type OutcomeEntry,
} from '@portcullis/contracts';
import type { NatsConnection } from '@nats-io/transport-node';
import { VerbResponder } from './verb-responder.js';

export type Recorded =
  | { kind: 'intent'; at: number; entry: IntentEntry; claims: GrantClaims }
  | { kind: 'outcome'; at: number; entry: OutcomeEntry; claims: GrantClaims }
  | { kind: 'denial'; at: number; entry: AppendEntry; claims: DenialClaims };

/** Stands for audit: verifies grants and denials, derives what it shows from them, each record id once, real receipts. */
export class AuditStandIn {
  readonly append: VerbResponder<AppendRequest, AppendReply>;
  readonly records: Recorded[] = [];
  /** Refuses entries of these kinds, as when the event store is away. */
  readonly refusing = new Set<AppendEntry['kind']>();
  private readonly seen = new Set<string>();

  constructor(
    connection: NatsConnection,
    private readonly keyring: Keyring,
  ) {
    this.append = new VerbResponder(connection, keyring, VERBS.append, ({ entries }) => ({
      results: entries.map((entry) => this.record(entry)),
    }));
  }

  reset(): void {
    this.append.reset();
    this.refusing.clear();
    this.records.length = 0;
  }

  intents(operation: GrantClaims['op'] = 'tool.call') {
    return this.records.flatMap((it) => (it.kind === 'intent' && it.claims.op === operation ? [it] : []));
  }

  outcomes(operation: GrantClaims['op'] = 'tool.call') {
    return this.records.flatMap((it) => (it.kind === 'outcome' && it.claims.op === operation ? [it] : []));
  }

  denials() {
    return this.records.flatMap((it) => (it.kind === 'denial' ? [it] : []));
  }

  private record(entry: AppendEntry): AppendResult {
    const { recordId } = entry;
    if (this.refusing.has(entry.kind))
      return { status: 'refused', recordId, code: 'UNAVAILABLE', message: 'The event store is away.' };
    const receipt = this.accept(entry);
    return { status: 'recorded', recordId, stream: 'audit', revision: this.seen.size, receipt };
  }

  private accept(entry: AppendEntry): string | null {
    const now = new Date();
    const first = !this.seen.has(entry.recordId);
    this.seen.add(entry.recordId);
    const at = performance.now();
    switch (entry.kind) {
      case 'intent': {
        const claims = verifyToken(this.keyring, 'pc-grant+jwt', 'policy', entry.grant, now);
        if (first) this.records.push({ kind: 'intent', at, entry, claims });
        return this.receipt(entry, claims);
      }
      case 'outcome': {
        const claims = verifyTokenOfThePast(this.keyring, 'pc-grant+jwt', 'policy', entry.grant, now);
        if (first) this.records.push({ kind: 'outcome', at, entry, claims });
        return null;
      }
      case 'denial': {
        const claims = verifyToken(this.keyring, 'pc-denial+jwt', 'policy', entry.denial, now);
        if (first) this.records.push({ kind: 'denial', at, entry, claims });
        return null;
      }
      default:
        throw new AppError('INVALID_ARGUMENT', 'The gateway states no facts.');
    }
  }

  private receipt({ recordId, grant }: IntentEntry, { org, call, attempt, exp }: GrantClaims): string {
    return issueToken(this.keyring, 'pc-receipt+jwt', 'vault', {
      kind: 'intent',
      org,
      call,
      attempt,
      exp,
      gh: b64u(payloadHash(grant)),
      recordId,
      dh: b64u(randomBytes(32)),
      stream: 'audit',
      revision: this.seen.size,
    });
  }
}

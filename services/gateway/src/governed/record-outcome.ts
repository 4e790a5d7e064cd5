import { AppError, newId, type Outcome, type OutcomeEntry } from '@portcullis/contracts';
import type { OutcomeRecorder } from '../recording/outcome-recorder.js';
import type { Allowed, GovernedCall } from './governed-call.js';
import type { ScreenedAnswer } from './screen.js';

/** Which intent an outcome belongs to. */
export interface OutcomeProof {
  allowed: Allowed;
  recordId: string;
}

const NOTHING = { resultBytes: null, resultDigest: null, redactions: 0 };

/** Step 11: what became of the call. Sizes and digests only; the answer itself is never kept. */
export class RecordOutcome {
  constructor(private readonly recorder: OutcomeRecorder) {}

  /**
   * A write's outcome is durable before its answer goes out, a read's shortly after.
   *
   * @throws AppError `OUTCOME_UNRECORDED` (write only)
   */
  answered(call: GovernedCall, proof: OutcomeProof, answer: ScreenedAnswer): Promise<void> {
    const entry = this.entry(proof, {
      result: answer.succeeded ? 'success' : 'failure',
      latencyMs: Date.now() - call.startedAt,
      resultBytes: answer.bytes,
      resultDigest: answer.digest,
      error: answer.succeeded ? null : errorCode(answer.message['error']),
      redactions: answer.redactions,
    });
    return this.record(call, proof, entry);
  }

  failed(call: GovernedCall, proof: OutcomeProof, error: unknown): Promise<void> {
    const code = error instanceof AppError ? error.code : 'INTERNAL';
    const result = code === 'DEADLINE_EXCEEDED' ? 'timeout' : 'failure';
    const entry = this.entry(proof, {
      ...NOTHING,
      ...(call.signal.aborted ? { result: 'cancelled', error: 'client_gone' } : { result, error: code }),
      latencyMs: Date.now() - call.startedAt,
    });
    return this.record(call, proof, entry);
  }

  /**
   * The intent stands, or may stand, in the log, but nothing was sent to the upstream. If too many records wait for
   * audit already, it closes this one by itself.
   */
  aborted(proof: OutcomeProof, error: unknown): void {
    const code = error instanceof AppError ? error.code : 'INTERNAL';
    this.recorder.recordLater(
      this.entry(proof, { ...NOTHING, result: 'aborted', latencyMs: null, error: code }),
    );
  }

  private async record(call: GovernedCall, proof: OutcomeProof, entry: OutcomeEntry): Promise<void> {
    const reads = call.operation === 'catalog.read' || proof.allowed.label === 'read';
    if (reads && this.recorder.recordLater(entry)) return;
    await this.recorder.recordNow(entry);
  }

  private entry(proof: OutcomeProof, outcome: Outcome): OutcomeEntry {
    return {
      kind: 'outcome',
      recordId: newId(),
      grant: proof.allowed.grants.audit,
      intent: proof.recordId,
      outcome: {
        ...outcome,
        latencyMs: outcome.latencyMs === null ? null : Math.max(0, Math.round(outcome.latencyMs)),
      },
    };
  }
}

function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'number' ? `JSON-RPC ${code}` : 'tool_error';
}

import {
  AppError,
  b64u,
  payloadHash,
  type AppendEntry,
  type AppendReply,
  type AppendResult,
  type Keyring,
  type ServiceName,
} from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import type { AcceptEntry } from './accept-entry.js';
import { issueReceipt } from './issue-receipt.js';
import type { ClosingCalls } from './closing-calls.js';
import type { RecordOnce } from './record-once.js';

export interface AppendParts {
  keyring: Keyring;
  accept: AcceptEntry;
  records: RecordOnce;
  closing: ClosingCalls;
  logger: Logger;
  /** Milliseconds in which an entry is recorded or its sender is told otherwise. */
  deadlineMs: number;
  now(): Date;
}

/** A record may not take more than this much of what one append to the event store holds, bytes. */
const MAX_RECORD_BYTES = 256 * 1024;

/** Has entries recorded: one result each, in their order; a bad one does not hold up the others. */
export class AppendEntries {
  constructor(private readonly parts: AppendParts) {}

  async run(entries: readonly AppendEntry[], caller: ServiceName): Promise<AppendReply> {
    const deadline = this.parts.now().getTime() + this.parts.deadlineMs;
    const results = entries.map((entry) =>
      this.#inTurn(entry, caller, deadline).catch((error: unknown) => this.#refused(entry, error)),
    );
    return { results: await Promise.all(results) };
  }

  async #inTurn(entry: AppendEntry, caller: ServiceName, deadline: number): Promise<AppendResult> {
    if (entry.kind !== 'outcome') return this.#append(entry, caller, deadline);
    const release = await this.parts.closing.take(b64u(payloadHash(entry.grant)));
    try {
      return await this.#append(entry, caller, deadline);
    } finally {
      release();
    }
  }

  async #append(entry: AppendEntry, caller: ServiceName, deadline: number): Promise<AppendResult> {
    const { accept, records, keyring } = this.parts;
    const { record, grant } = await accept.run(entry, caller, deadline);
    checkSize(record);
    const stored = await records.run(record, deadline);
    return {
      status: 'recorded',
      recordId: record.recordId,
      stream: stored.stream,
      revision: stored.revision,
      receipt: grant && issueReceipt(keyring, grant, stored),
    };
  }

  #refused({ recordId, kind }: AppendEntry, error: unknown): AppendResult {
    if (error instanceof AppError && error.code !== 'INTERNAL') {
      return { status: 'refused', recordId, code: error.code, message: error.message };
    }
    this.parts.logger.error({ err: error, recordId, kind }, 'an entry could not be recorded');
    return {
      status: 'refused',
      recordId,
      code: 'INTERNAL',
      message: 'Internal error. The cause is in the log of audit.',
    };
  }
}

function checkSize(record: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(record));
  if (bytes <= MAX_RECORD_BYTES) return;
  throw new AppError('PAYLOAD_TOO_LARGE', `A record may have ${MAX_RECORD_BYTES} bytes at most.`, {
    details: { bytes, limit: MAX_RECORD_BYTES },
  });
}

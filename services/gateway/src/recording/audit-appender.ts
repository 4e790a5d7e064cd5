import { AppError, VERBS, type AppendEntry, type AppendResult, type VerbCaller } from '@portcullis/contracts';

/** Bounds of one request to audit: below the verb's own. */
const MAX_ENTRIES = 64;
const MAX_CHARACTERS = 400_000;

interface Waiting {
  entry: AppendEntry;
  size: number;
  resolve: (result: Recorded) => void;
  reject: (error: unknown) => void;
}

export type Recorded = Extract<AppendResult, { status: 'recorded' }>;

/**
 * Appends to the audit trail; what is asked within one tick goes in one request. Resolves when the record is durable,
 * rejects with the code of audit's refusal, or `UNAVAILABLE` / `DEADLINE_EXCEEDED` when it is not known to be.
 */
export class AuditAppender {
  private waiting: Waiting[] = [];

  constructor(private readonly caller: VerbCaller) {}

  append(entry: AppendEntry): Promise<Recorded> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) setImmediate(() => this.flush());
      this.waiting.push({ entry, size: JSON.stringify(entry).length, resolve, reject });
    });
  }

  private flush(): void {
    const all = this.waiting;
    this.waiting = [];
    let batch: Waiting[] = [];
    let characters = 0;
    for (const item of all) {
      if (batch.length === MAX_ENTRIES || (batch.length > 0 && characters + item.size > MAX_CHARACTERS)) {
        void this.send(batch);
        batch = [];
        characters = 0;
      }
      batch.push(item);
      characters += item.size;
    }
    if (batch.length > 0) void this.send(batch);
  }

  private async send(batch: Waiting[]): Promise<void> {
    try {
      const { results } = await this.caller.call(VERBS.append, { entries: batch.map(({ entry }) => entry) });
      for (const [index, item] of batch.entries()) settle(item, results[index]);
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  }
}

function settle(item: Waiting, result: AppendResult | undefined): void {
  if (result === undefined || result.recordId !== item.entry.recordId) {
    item.reject(new AppError('UNAVAILABLE', 'Audit did not answer for this record.'));
  } else if (result.status === 'recorded') item.resolve(result);
  else item.reject(new AppError(result.code, result.message));
}

import {
  AppError,
  Convoy,
  VERBS,
  type AppendEntry,
  type AppendResult,
  type VerbCalls,
} from '@portcullis/contracts';

interface Waiting {
  entry: AppendEntry;
  resolve: (result: Recorded) => void;
  reject: (error: unknown) => void;
}

export type Recorded = Extract<AppendResult, { status: 'recorded' }>;

/**
 * Appends to the audit trail; what is asked at about the same time goes in one request. Resolves when the record is
 * durable, rejects with the code of audit's refusal, or `UNAVAILABLE` / `DEADLINE_EXCEEDED` when it is not known to be.
 */
export class AuditAppender {
  /** Bounds of one request to audit: below the verb's own. */
  private readonly convoy = new Convoy<Waiting>({
    send: (group) => this.send(group),
    sizeOf: ({ entry }) => JSON.stringify(entry).length,
    maxItems: 64,
    maxSize: 400_000,
  });

  constructor(private readonly caller: VerbCalls) {}

  append(entry: AppendEntry): Promise<Recorded> {
    return new Promise((resolve, reject) => this.convoy.add({ entry, resolve, reject }));
  }

  private async send(group: Waiting[]): Promise<void> {
    try {
      const { results } = await this.caller.call(VERBS.append, { entries: group.map(({ entry }) => entry) });
      for (const [index, item] of group.entries()) settle(item, results[index]);
    } catch (error) {
      for (const item of group) item.reject(error);
    }
  }
}

function settle(item: Waiting, result: AppendResult | undefined): void {
  if (result === undefined || result.recordId !== item.entry.recordId) {
    item.reject(new AppError('UNAVAILABLE', 'Audit did not answer for this record.'));
  } else if (result.status === 'recorded') item.resolve(result);
  else item.reject(new AppError(result.code, result.message));
}

import { AppError, idBytes, type AuditRecord } from '@portcullis/contracts';
import { recordIdentity } from '../records/record-identity.js';
import type { FindEarlier } from './find-earlier.js';
import type { RecordLog, StoredRecord } from './record-log.js';

/** Where a record stands: all that its sender is told, and little enough to be remembered for many. */
export interface RecordPlace {
  readonly recordId: string;
  readonly stream: string;
  readonly revision: number;
  readonly dataHash: string;
}

interface Recent {
  identity: string;
  stored: Promise<RecordPlace>;
}

/** How many recordIds a replica remembers. */
const REMEMBERED = 50_000;
/**
 * A recordId that was made up to so long ago is taken for a first attempt: a sender repeats only after its own time
 * limit, which is longer. Any other (deterministic ones of the outboxes too) is looked up before it is stored, and so
 * is everything right after the start, when this replica may have forgotten what it was sent.
 */
const FRESH_MS = 1000;

/**
 * Records each recordId once: the first occurrence wins, and whoever repeats it is told what the first one was told.
 * The same recordId for a different statement is refused with `ALREADY_EXISTS`.
 */
export class RecordOnce {
  readonly #recent = new Map<string, Recent>();
  readonly #startedAt: number;

  constructor(
    private readonly log: RecordLog,
    private readonly earlier: FindEarlier,
    private readonly now: () => number = Date.now,
  ) {
    this.#startedAt = now();
  }

  /** @throws AppError `ALREADY_EXISTS`, `UNAVAILABLE`, `STALE` */
  async run(record: AuditRecord, deadline: number): Promise<RecordPlace> {
    const key = `${record.org}/${record.recordId}`;
    const identity = recordIdentity(record);
    const recent = this.#recent.get(key);
    if (recent) return sameStatement(recent.identity, identity, recent.stored);
    const stored = this.#store(record, identity, deadline).then(placeOf);
    this.#recent.set(key, { identity, stored });
    this.#forgetOldest();
    try {
      return await stored;
    } catch (error) {
      this.#recent.delete(key);
      throw error;
    }
  }

  async #store(record: AuditRecord, identity: string, deadline: number): Promise<StoredRecord> {
    if (this.#isFresh(record.recordId)) return this.log.append(record, { deadline, repeated: false });
    const first = await this.earlier.run(record.org, record.recordId, deadline);
    if (first) return sameStatement(recordIdentity(first.record), identity, first);
    const stored = await this.log.append(record, { deadline, repeated: true });
    return sameStatement(recordIdentity(stored.record), identity, stored);
  }

  #isFresh(recordId: string): boolean {
    const age = this.now() - idBytes(recordId).readUIntBE(0, 6);
    return age > -FRESH_MS && age < FRESH_MS && this.now() - this.#startedAt > FRESH_MS;
  }

  #forgetOldest(): void {
    if (this.#recent.size <= REMEMBERED) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }
}

function sameStatement<T>(first: string, repeated: string, stored: T): T {
  if (first === repeated) return stored;
  throw new AppError('ALREADY_EXISTS', 'The recordId belongs to a record of something else.');
}

const placeOf = ({ record, stream, revision, dataHash }: StoredRecord): RecordPlace => ({
  recordId: record.recordId,
  stream,
  revision,
  dataHash,
});

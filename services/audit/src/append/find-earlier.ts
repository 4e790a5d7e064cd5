import type { EarlierRecords } from '../ports/earlier-records.js';
import type { StoredRecord } from './record-log.js';

interface Group {
  ids: string[];
  deadline: number;
  found: Promise<Map<string, StoredRecord>>;
}

/** Look-ups of one organisation that arrive in the same tick are one look-up. */
export class FindEarlier {
  readonly #groups = new Map<string, Group>();

  constructor(private readonly earlier: EarlierRecords) {}

  async run(org: string, recordId: string, deadline: number): Promise<StoredRecord | undefined> {
    const group = this.#groups.get(org) ?? this.#open(org);
    group.ids.push(recordId);
    group.deadline = Math.max(group.deadline, deadline);
    return (await group.found).get(recordId);
  }

  #open(org: string): Group {
    const group: Group = { ids: [], deadline: 0, found: Promise.resolve(new Map<string, StoredRecord>()) };
    group.found = new Promise((resolve) => setImmediate(resolve)).then(() => {
      this.#groups.delete(org);
      return this.earlier.find(org, group.ids, group.deadline);
    });
    this.#groups.set(org, group);
    return group;
  }
}

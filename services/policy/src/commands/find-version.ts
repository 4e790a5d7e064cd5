import { AppError } from '@portcullis/contracts';
import type { EventStore } from '@portcullis/eventing';
import { factCodec, policyStream, versionOf, type StoredDocument } from '@portcullis/policy-engine';

/**
 * The document of a version that was once in force, from the organisation's own facts. It need not believe them: a
 * version is the hash of its document.
 */
export class FindVersion {
  constructor(private readonly store: Pick<EventStore, 'read'>) {}

  /** @throws AppError NOT_FOUND when no document of this version was ever applied; UNAVAILABLE */
  async run(org: string, version: string): Promise<StoredDocument> {
    const facts = this.store.read(policyStream(org), { direction: 'backwards', fromLeader: true });
    for await (const event of facts) {
      if (!event.type.startsWith('policy.PolicyApplied.')) continue;
      const fact = factCodec.decode(event);
      if (fact.type !== 'policy.PolicyApplied' || fact.data.version !== version) continue;
      if (versionOf(fact.data.document) === version) return fact.data.document;
    }
    throw new AppError('NOT_FOUND', 'No policy of this version was ever applied.');
  }
}

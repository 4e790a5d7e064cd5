import { AppError, MAX_POLICY_HEADS, VERBS, type PolicyHead, type VerbCalls } from '@portcullis/contracts';

/** Asks audit up to where facts are recorded. Audit answers from its own database, not from the event store. */
export class RecordedHeads {
  constructor(private readonly audit: VerbCalls) {}

  /**
   * In portions; each is followed by the next one only when it has been used.
   * @throws AppError when audit does not answer, or not for every organisation
   */
  async *of(orgs: readonly string[]): AsyncGenerator<ReadonlyMap<string, PolicyHead | null>> {
    for (let at = 0; at < orgs.length; at += MAX_POLICY_HEADS) {
      const asked = orgs.slice(at, at + MAX_POLICY_HEADS);
      const { heads } = await this.audit.call(VERBS.policyHeads, { orgs: asked });
      const answered = new Map(heads.map(({ org, recorded }) => [org, recorded]));
      if (!asked.every((org) => answered.has(org)))
        throw new AppError('UNAVAILABLE', 'Audit has not told the heads of every organisation.');
      yield answered;
    }
  }
}

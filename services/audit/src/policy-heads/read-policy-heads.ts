import type { PolicyHeadsReply, PolicyHeadsRequest } from '@portcullis/contracts';
import type { PolicyHeads } from '../ports/policy-heads.js';

/** Tells policy how far its facts are recorded, so that it notices when its own store has fewer or others. */
export class ReadPolicyHeads {
  constructor(private readonly heads: PolicyHeads) {}

  async run({ orgs }: PolicyHeadsRequest): Promise<PolicyHeadsReply> {
    const recorded = await this.heads.of(orgs);
    return { heads: orgs.map((org) => ({ org, recorded: recorded.get(org) ?? null })) };
  }
}

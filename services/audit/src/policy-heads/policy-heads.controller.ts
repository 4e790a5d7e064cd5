import { Controller } from '@nestjs/common';
import { VERBS, type PolicyHeadsReply, type PolicyHeadsRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ReadPolicyHeads } from './read-policy-heads.js';

@Controller()
export class PolicyHeadsController {
  constructor(private readonly heads: ReadPolicyHeads) {}

  @ServesVerb(VERBS.policyHeads)
  read(request: PolicyHeadsRequest): Promise<PolicyHeadsReply> {
    return this.heads.run(request);
  }
}

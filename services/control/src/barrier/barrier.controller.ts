import { Controller } from '@nestjs/common';
import {
  VERBS,
  type ReleaseLeaseReply,
  type ReleaseLeaseRequest,
  type RenewLeaseReply,
  type RenewLeaseRequest,
} from '@portcullis/contracts';
import { ServesVerb, type VerbContext } from '@portcullis/platform';
import { Barrier } from './barrier.js';
import { Leases } from './leases.js';

/** For the services that hold caches. Whose replica it is, the key that the request is authenticated with says. */
@Controller()
export class BarrierController {
  constructor(
    private readonly leases: Leases,
    private readonly barrier: Barrier,
  ) {}

  @ServesVerb(VERBS.renewLease)
  async renew(request: RenewLeaseRequest, { caller }: VerbContext): Promise<RenewLeaseReply> {
    const reply = await this.leases.renew(caller.id, request);
    this.barrier.heard();
    return reply;
  }

  @ServesVerb(VERBS.releaseLease)
  async release({ replica }: ReleaseLeaseRequest, { caller }: VerbContext): Promise<ReleaseLeaseReply> {
    await this.leases.release(caller.id, replica);
    this.barrier.heard();
    return {};
  }
}

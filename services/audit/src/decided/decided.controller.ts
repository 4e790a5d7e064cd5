import { Controller } from '@nestjs/common';
import { VERBS, type DecidedCallsReply, type DecidedCallsRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ReadDecidedCalls } from './read-decided-calls.js';

/** For policy's key alone. */
@Controller()
export class DecidedController {
  constructor(private readonly decidedCalls: ReadDecidedCalls) {}

  @ServesVerb(VERBS.decidedCalls)
  read(request: DecidedCallsRequest): Promise<DecidedCallsReply> {
    return this.decidedCalls.run(request);
  }
}

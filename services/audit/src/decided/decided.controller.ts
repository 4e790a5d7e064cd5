import { Controller } from '@nestjs/common';
import {
  VERBS,
  type DecidedCallsReply,
  type DecidedCallsRequest,
  type SealedSectionsReply,
  type SealedSectionsRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ReadDecidedCalls } from './read-decided-calls.js';
import { ReadSealedSections } from './read-sealed-sections.js';

/** For policy's key alone. */
@Controller()
export class DecidedController {
  constructor(
    private readonly decidedCalls: ReadDecidedCalls,
    private readonly sealedSections: ReadSealedSections,
  ) {}

  @ServesVerb(VERBS.decidedCalls)
  read(request: DecidedCallsRequest): Promise<DecidedCallsReply> {
    return this.decidedCalls.run(request);
  }

  @ServesVerb(VERBS.sealedSections)
  readSealed(request: SealedSectionsRequest): Promise<SealedSectionsReply> {
    return this.sealedSections.run(request);
  }
}

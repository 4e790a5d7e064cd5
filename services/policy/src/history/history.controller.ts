import { Controller } from '@nestjs/common';
import {
  VERBS,
  type DecideAtReply,
  type DecideAtRequest,
  type WhoCouldReply,
  type WhoCouldRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { DecideAt } from './decide-at.js';
import { WhoCould } from './who-could.js';

/** Verbs of control's key, for an admin who asks about the past. */
@Controller()
export class HistoryController {
  constructor(
    private readonly decideAt: DecideAt,
    private readonly whoCould: WhoCould,
  ) {}

  @ServesVerb(VERBS.decideAt)
  decide(request: DecideAtRequest): Promise<DecideAtReply> {
    return this.decideAt.run(request);
  }

  @ServesVerb(VERBS.whoCould)
  who(request: WhoCouldRequest): Promise<WhoCouldReply> {
    return this.whoCould.run(request);
  }
}

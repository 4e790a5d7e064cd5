import { Controller } from '@nestjs/common';
import { VERBS, type RecordedReply, type RecordedRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { TellRecorded } from './tell-recorded.js';

@Controller()
export class RecordedController {
  constructor(private readonly recorded: TellRecorded) {}

  @ServesVerb(VERBS.recorded)
  tell(request: RecordedRequest): Promise<RecordedReply> {
    return this.recorded.run(request);
  }
}

import { Controller } from '@nestjs/common';
import { VERBS, type OpenReply, type OpenRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { OpenCredentials } from './open-credentials.js';

@Controller()
export class OpeningController {
  constructor(private readonly openCredentials: OpenCredentials) {}

  @ServesVerb(VERBS.open)
  open(request: OpenRequest): Promise<OpenReply> {
    return this.openCredentials.run(request);
  }
}

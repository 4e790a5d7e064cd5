import { Controller } from '@nestjs/common';
import { VERBS, type DeleteReply, type DeleteRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { DeleteSecret } from './delete-secret.js';

@Controller()
export class DeletingController {
  constructor(private readonly deleteSecret: DeleteSecret) {}

  @ServesVerb(VERBS.deleteSecret)
  delete(request: DeleteRequest): Promise<DeleteReply> {
    return this.deleteSecret.run(request);
  }
}

import { Controller } from '@nestjs/common';
import { VERBS, type ListSecretsReply, type ListSecretsRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { ListSecrets } from './list-secrets.js';

@Controller()
export class ListingController {
  constructor(private readonly listSecrets: ListSecrets) {}

  @ServesVerb(VERBS.listSecrets)
  list(request: ListSecretsRequest): Promise<ListSecretsReply> {
    return this.listSecrets.run(request);
  }
}

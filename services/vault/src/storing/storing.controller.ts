import { Controller } from '@nestjs/common';
import { VERBS, type PutRequest, type SecretMetadata } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { PutSecret } from './put-secret.js';

@Controller()
export class StoringController {
  constructor(private readonly putSecret: PutSecret) {}

  @ServesVerb(VERBS.putSecret)
  put(request: PutRequest): Promise<SecretMetadata> {
    return this.putSecret.run(request);
  }
}

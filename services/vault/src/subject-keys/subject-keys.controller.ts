import { Controller } from '@nestjs/common';
import { VERBS, type CreateSubjectKeyRequest, type SubjectKey } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { CreateSubjectKey } from './create-subject-key.js';

@Controller()
export class SubjectKeysController {
  constructor(private readonly createSubjectKey: CreateSubjectKey) {}

  @ServesVerb(VERBS.createSubjectKey)
  create(request: CreateSubjectKeyRequest): Promise<SubjectKey> {
    return this.createSubjectKey.run(request);
  }
}

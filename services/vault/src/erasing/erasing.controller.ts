import { Controller } from '@nestjs/common';
import { VERBS, type EraseReply, type EraseRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { Erase } from './erase.js';

@Controller()
export class ErasingController {
  constructor(private readonly useCase: Erase) {}

  @ServesVerb(VERBS.erase)
  erase(request: EraseRequest): Promise<EraseReply> {
    return this.useCase.run(request);
  }
}

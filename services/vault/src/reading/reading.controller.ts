import { Controller } from '@nestjs/common';
import { VERBS, type OpenSectionsReply, type OpenSectionsRequest } from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { OpenSections } from './open-sections.js';

@Controller()
export class ReadingController {
  constructor(private readonly openSections: OpenSections) {}

  @ServesVerb(VERBS.openSections)
  open(request: OpenSectionsRequest): Promise<OpenSectionsReply> {
    return this.openSections.run(request);
  }
}

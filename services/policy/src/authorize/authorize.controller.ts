import { Controller } from '@nestjs/common';
import {
  VERBS,
  type Authorization,
  type AuthorizeRequest,
  type FilteredTools,
  type FilterToolsRequest,
} from '@portcullis/contracts';
import { ServesVerb } from '@portcullis/platform';
import { AuthorizeCall } from './authorize-call.js';
import { FilterTools } from './filter-tools.js';

/** Verbs of the gateway's key. */
@Controller()
export class AuthorizeController {
  constructor(
    private readonly authorizeCall: AuthorizeCall,
    private readonly filterTools: FilterTools,
  ) {}

  @ServesVerb(VERBS.authorize)
  authorize(request: AuthorizeRequest): Authorization | Promise<Authorization> {
    return this.authorizeCall.run(request);
  }

  @ServesVerb(VERBS.filterTools)
  filter(request: FilterToolsRequest): FilteredTools {
    return this.filterTools.run(request);
  }
}

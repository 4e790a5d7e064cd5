import { Controller } from '@nestjs/common';
import { AppError, VERBS, type CheckRequest, type Decision } from '@portcullis/contracts';
import { ServesVerb, type VerbContext } from '@portcullis/platform';
import { CheckAccess } from './check-access.js';
import type { ClientCaller } from './client-authenticator.js';

@Controller()
export class CheckController {
  constructor(private readonly checkAccess: CheckAccess) {}

  @ServesVerb(VERBS.check)
  check(request: CheckRequest, { caller }: VerbContext): Decision {
    if (caller.kind !== 'client') throw new AppError('UNAUTHENTICATED', 'Only policy clients may check.');
    return this.checkAccess.run((caller as ClientCaller).org, request);
  }
}

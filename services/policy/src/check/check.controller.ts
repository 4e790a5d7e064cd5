import { Controller } from '@nestjs/common';
import {
  AppError,
  VERBS,
  type CheckManyReply,
  type CheckManyRequest,
  type CheckRequest,
  type Decision,
  type ExplainReply,
  type ListAllowedReply,
  type ListAllowedRequest,
} from '@portcullis/contracts';
import { ServesVerb, type Caller, type VerbContext } from '@portcullis/platform';
import { CheckAccess } from './check-access.js';
import { CheckMany } from './check-many.js';
import type { ClientCaller } from './client-authenticator.js';
import { ExplainAccess } from './explain-access.js';
import { ListAllowed } from './list-allowed.js';
import type { Soon } from './question-of.js';

/** Verbs of policy clients. */
@Controller()
export class CheckController {
  constructor(
    private readonly checkAccess: CheckAccess,
    private readonly checkMany: CheckMany,
    private readonly listAllowed: ListAllowed,
    private readonly explainAccess: ExplainAccess,
  ) {}

  @ServesVerb(VERBS.check)
  check(request: CheckRequest, { caller }: VerbContext): Soon<Decision> {
    return this.checkAccess.run(organisationOf(caller), request);
  }

  @ServesVerb(VERBS.checkMany)
  many(request: CheckManyRequest, { caller }: VerbContext): Soon<CheckManyReply> {
    return this.checkMany.run(organisationOf(caller), request);
  }

  @ServesVerb(VERBS.listAllowed)
  list(request: ListAllowedRequest, { caller }: VerbContext): Soon<ListAllowedReply> {
    return this.listAllowed.run(organisationOf(caller), request);
  }

  @ServesVerb(VERBS.explain)
  explain(request: CheckRequest, { caller }: VerbContext): Soon<ExplainReply> {
    return this.explainAccess.run(organisationOf(caller), request);
  }
}

function organisationOf(caller: Caller): string {
  if (caller.kind !== 'client') throw new AppError('UNAUTHENTICATED', 'Only policy clients may ask.');
  return (caller as ClientCaller).org;
}

import { VERBS, type VerbSubject } from '@portcullis/contracts';
import type { PolicyApi } from '../check/policy-api.js';
import type { Soon } from '../check/question-of.js';
import { soon } from '../check/question-of.js';
import {
  checkManyRequestOf,
  checkRequestOf,
  listAllowedRequestOf,
  type ProtoCheckManyRequest,
  type ProtoCheckRequest,
  type ProtoListAllowedRequest,
} from './request-messages.js';
import {
  checkManyResponse,
  checkResponse,
  explainResponse,
  listAllowedResponse,
} from './response-messages.js';

/** One method of `PolicyService`: from message to message, for the organisation of whoever calls. */
export interface PolicyMethod {
  /** What the same question is called over NATS. */
  readonly subject: VerbSubject;
  run(org: string, message: unknown): Soon<object>;
}

/** By their names in the `.proto`. */
export const policyMethods = (api: PolicyApi): Record<string, PolicyMethod> => ({
  Check: method(VERBS.check, (org, message: ProtoCheckRequest) =>
    soon(api.checkAccess.run(org, checkRequestOf(message)), checkResponse),
  ),
  CheckMany: method(VERBS.checkMany, (org, message: ProtoCheckManyRequest) =>
    soon(api.checkMany.run(org, checkManyRequestOf(message)), checkManyResponse),
  ),
  ListAllowed: method(VERBS.listAllowed, (org, message: ProtoListAllowedRequest) =>
    soon(api.listAllowed.run(org, listAllowedRequestOf(message)), listAllowedResponse),
  ),
  Explain: method(VERBS.explain, (org, message: ProtoCheckRequest) =>
    soon(api.explainAccess.run(org, checkRequestOf(message)), explainResponse),
  ),
});

const method = <Message>(
  { subject }: { subject: VerbSubject },
  run: (org: string, message: Message) => Soon<object>,
): PolicyMethod => ({ subject, run: run as PolicyMethod['run'] });

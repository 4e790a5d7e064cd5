import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, newId, parseIJson, VERBS, type VerbSubject } from '@portcullis/contracts';
import {
  outcomeOf,
  withCorrelation,
  type IncomingTrace,
  type Logger,
  type ReplicaLease,
  type Telemetry,
} from '@portcullis/platform';
import type { PolicyApi } from '../check/policy-api.js';
import type { Soon } from '../check/question-of.js';
import type { PolicyClients } from '../clients/policy-clients.js';
import { EvaluateAccess } from './evaluate-access.js';
import { atLeastRevision, bearerToken, readBody, requireJson } from './http-request.js';
import { answer, refuse } from './http-response.js';

export interface AuthzenHandlerOptions {
  clients: PolicyClients;
  api: Pick<PolicyApi, 'checkAccess' | 'checkMany'>;
  lease: Pick<ReplicaLease, 'during'>;
  logger: Logger;
  telemetry: Pick<Telemetry, 'verbs' | 'tracer'>;
  /** What a caller's `traceparent` header may do. */
  outsideTrace: IncomingTrace['use'];
  /** What clients call this face by, without a slash at the end. */
  baseUrl: () => string;
}

const EVALUATION = '/access/v1/evaluation';
const EVALUATIONS = '/access/v1/evaluations';
const CONFIGURATION = '/.well-known/authzen-configuration';

/** Nested containers of a body: those of `check` over NATS, and the two more that arguments stand in here. */
const MAX_DEPTH = 66;
const MAX_BYTES = VERBS.check.maxRequestBytes;

interface Route {
  subject: VerbSubject;
  run(org: string, body: unknown, revision: number | undefined): Soon<object>;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** The paths of OpenID AuthZEN. Everything but the configuration needs the token of a policy client. */
export class AuthzenHandler {
  private readonly routes: ReadonlyMap<string, Route>;

  constructor(private readonly options: AuthzenHandlerOptions) {
    const evaluate = new EvaluateAccess(options.api);
    this.routes = new Map<string, Route>([
      [EVALUATION, { subject: VERBS.check.subject, run: evaluate.one.bind(evaluate) }],
      [EVALUATIONS, { subject: VERBS.checkMany.subject, run: evaluate.several.bind(evaluate) }],
    ]);
  }

  /** Never rejects: whatever goes wrong is an error answer. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The specification wants the same identifier back, whatever else comes of the request.
    const requestId = request.headers['x-request-id'];
    if (requestId !== undefined) response.setHeader('x-request-id', requestId);
    const [path = ''] = (request.url ?? '').split('?', 1);
    const route = this.routes.get(path);
    if (route === undefined && path !== CONFIGURATION)
      return refuse(response, new AppError('NOT_FOUND', 'There is nothing here.'));
    const method = route === undefined ? 'GET' : 'POST';
    if (request.method !== method) {
      response.setHeader('allow', method);
      return refuse(response, new AppError('METHOD_NOT_FOUND', `This is asked with ${method}.`));
    }
    if (route === undefined) return answer(response, configurationOf(this.options.baseUrl()));
    await withCorrelation({ correlationId: newId() }, () => this.evaluate(route, { request, response }));
  }

  private async evaluate(route: Route, { request, response }: Exchange): Promise<void> {
    const { logger, telemetry } = this.options;
    const ended = telemetry.verbs.served(`authzen.${route.subject}`);
    try {
      const reply = await this.decide(route, request);
      ended('OK');
      answer(response, reply);
    } catch (thrown) {
      ended(outcomeOf(thrown));
      if (!(thrown instanceof AppError)) logger.error({ err: thrown }, 'AuthZEN request failed');
      refuse(response, thrown);
    }
  }

  private async decide(route: Route, request: IncomingMessage): Promise<object> {
    const { clients, lease, telemetry, outsideTrace } = this.options;
    const token = bearerToken(request);
    // Nobody unknown makes us read a body.
    clients.byToken(token);
    requireJson(request);
    const revision = atLeastRevision(request);
    const bytes = await readBody(request, MAX_BYTES);
    return lease.during(() => {
      // Asked again: the client may have been revoked while its body was on the way.
      const { org } = clients.byToken(token);
      const work = (): Soon<object> => route.run(org, parseIJson(bytes, { maxDepth: MAX_DEPTH }), revision);
      if (!telemetry.tracer.on) return work();
      const incoming = { header: request.headers['traceparent']?.toString(), use: outsideTrace };
      const attributes = { 'portcullis.org': org };
      return telemetry.tracer.run(
        { name: `authzen.${route.subject}`, kind: 'server', incoming, attributes },
        work,
      );
    });
  }
}

/** Section 9.1 of the specification; there is no search. */
const configurationOf = (baseUrl: string): object => ({
  policy_decision_point: baseUrl,
  access_evaluation_endpoint: `${baseUrl}${EVALUATION}`,
  access_evaluations_endpoint: `${baseUrl}${EVALUATIONS}`,
});

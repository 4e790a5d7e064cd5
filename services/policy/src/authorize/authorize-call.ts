import type { Authorization, AuthorizeRequest, Decision } from '@portcullis/contracts';
import { acceptableArguments, decideQuestion, type Server } from '@portcullis/policy-engine';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { digestArguments, type DigestedArguments } from './digest-arguments.js';
import type { Principal, PrincipalVerifier } from './principal-verifier.js';
import type { Asked, Statements } from './statements.js';

/** Decides what a session wants to do through the gateway, and grants it or states the denial. */
export class AuthorizeCall {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly statements: Statements,
  ) {}

  /** @throws AppError UNAUTHENTICATED for an assertion that does not hold, UNAVAILABLE when nothing may be decided */
  run(request: AuthorizeRequest): Authorization {
    const { operation, srv, tool, context, annotations, arguments: args } = request;
    const principal = this.principals.verify(request.assertion);
    const question = {
      asker: principal.asker,
      operation,
      server: { srv },
      tool,
      arguments: args,
      context,
      annotations,
      ...(request.observedDigest === null ? {} : { observedDigest: request.observedDigest }),
    };
    const { decision, snapshot } = this.decisions.decide(principal.claims.org, (policy, time) =>
      decideQuestion(policy, { ...question, time }),
    );
    // What can't be decided on has no digest either; it has just been denied.
    const digest = acceptableArguments(args) ? digestArguments(tool ?? operation, args) : null;
    const statements = this.#state(askedOf(request, principal, digest), decision, {
      server: snapshot.state.servers.get(srv),
      replyKeyHash: request.replyKeyHash,
    });
    return { ...decision, ...statements, argumentSalt: digest?.salt ?? null };
  }

  #state(
    asked: Asked,
    decision: Decision,
    { server, replyKeyHash }: Place,
  ): Pick<Authorization, 'grants' | 'denial'> {
    if (decision.decision !== 'allow' || server === undefined) {
      return { grants: null, denial: this.statements.denial(asked, decision, server) };
    }
    const { srv, slug, dst, slots } = server;
    return {
      grants: this.statements.grant(asked, decision, { srv, slug, dst, slots: [...slots], replyKeyHash }),
      denial: null,
    };
  }
}

interface Place {
  server: Server | undefined;
  replyKeyHash: string | null;
}

const askedOf = (
  request: AuthorizeRequest,
  principal: Principal,
  digest: DigestedArguments | null,
): Asked => ({
  principal,
  call: request.call,
  attempt: request.attempt,
  operation: request.operation,
  tool: request.tool,
  definitionDigest: request.observedDigest,
  argumentDigest: digest?.digest ?? null,
});

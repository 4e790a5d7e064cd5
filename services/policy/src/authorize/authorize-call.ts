import type { Authorization, AuthorizeRequest } from '@portcullis/contracts';
import { decideQuestion } from '../decisions/decide-question.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { acceptableArguments } from '../decisions/acceptable-arguments.js';
import { digestArguments } from './digest-arguments.js';
import type { PrincipalVerifier } from './principal-verifier.js';
import type { Statements } from './statements.js';

/** Decides what a session wants to do through the gateway, and grants it or states the denial. */
export class AuthorizeCall {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly statements: Statements,
  ) {}

  /** @throws AppError UNAUTHENTICATED for an assertion that does not hold, UNAVAILABLE when nothing may be decided */
  run(request: AuthorizeRequest): Authorization {
    const principal = this.principals.verify(request.assertion);
    const { operation, srv, tool, context, annotations } = request;
    const question = {
      asker: principal.asker,
      operation,
      server: { srv },
      tool,
      arguments: request.arguments,
      context,
      annotations,
    };
    const { decision, snapshot } = this.decisions.decide(principal.claims.org, (policy) =>
      decideQuestion(policy, question),
    );
    const digest = acceptableArguments(request.arguments)
      ? digestArguments(tool ?? operation, request.arguments)
      : null;
    const asked = {
      principal,
      call: request.call,
      attempt: request.attempt,
      operation,
      tool,
      definitionDigest: request.observedDigest,
      argumentDigest: digest?.digest ?? null,
    };
    const server = snapshot.state.servers.get(srv);
    const argumentSalt = digest?.salt ?? null;
    if (decision.decision !== 'allow' || server === undefined) {
      return {
        ...decision,
        grants: null,
        denial: this.statements.denial(asked, decision, server),
        argumentSalt,
      };
    }
    const { slug, dst, slots } = server;
    const granted = {
      srv,
      slug,
      dst,
      slots: [...slots],
      replyKeyHash: request.replyKeyHash,
    };
    return {
      ...decision,
      grants: this.statements.grant(asked, decision, granted),
      denial: null,
      argumentSalt,
    };
  }
}

import {
  MAX_ARGUMENT_PATHS,
  type Authorization,
  type AuthorizeRequest,
  type Decision,
  type DecisionInputs,
  type Secret,
} from '@portcullis/contracts';
import {
  acceptableArguments,
  argumentPathsOf,
  decideQuestion,
  type Question,
  type Server,
  type Snapshot,
} from '@portcullis/policy-engine';
import type { ApprovalDesk } from '../approvals/approval-desk.js';
import { bindArguments } from '../approvals/argument-binding.js';
import type { Decided, PolicyDecisions } from '../decisions/policy-decisions.js';
import { digestArguments, type DigestedArguments } from './digest-arguments.js';
import type { Principal, PrincipalVerifier } from './principal-verifier.js';
import type { Asked, Statements } from './statements.js';

export interface AuthorizeCallDeps {
  principals: PrincipalVerifier;
  decisions: PolicyDecisions;
  statements: Statements;
  desk: ApprovalDesk;
  /** The key that arguments are bound to approvals with is derived from it. */
  approvalKey: Secret;
}

/** Decides what a session wants to do through the gateway, and grants it or states the denial. */
export class AuthorizeCall {
  constructor(private readonly deps: AuthorizeCallDeps) {}

  /** @throws AppError UNAUTHENTICATED for an assertion that does not hold, UNAVAILABLE when nothing may be decided */
  run(request: AuthorizeRequest): Authorization | Promise<Authorization> {
    const principal = this.deps.principals.verify(request.assertion);
    const question = questionOf(request, principal);
    const decided = this.#decide(principal, question);
    if (decided.decision.decision !== 'approval_required') return this.#answer(request, principal, decided);
    return this.#ask(request, principal).then((asked) => this.#answer(request, principal, asked));
  }

  #decide({ claims }: Principal, question: Omit<Question, 'time'>): Decided {
    return this.deps.decisions.decide(claims.org, (policy, time) =>
      decideQuestion(policy, { ...question, time }),
    );
  }

  /** Approvals are looked at only where a rule asks for one: no other call pays for them. */
  #ask(request: AuthorizeRequest, principal: Principal): Promise<Decided> {
    const { org } = principal.claims;
    const binding = bindArguments(this.deps.approvalKey, org, request.arguments);
    const question = {
      ...questionOf(request, principal),
      call: { id: request.call, arguments: binding },
    };
    const held = { org, question, srv: request.srv, tool: request.tool! };
    return this.deps.desk.settle(held, () => this.#decide(principal, question));
  }

  #answer(
    request: AuthorizeRequest,
    principal: Principal,
    { decision, snapshot, time, approval }: Decided,
  ): Authorization {
    const { tool, operation, srv, arguments: args } = request;
    // What can't be decided on has no digest either; it has just been denied.
    const digest = acceptableArguments(args) ? digestArguments(tool ?? operation, args) : null;
    const asked = {
      ...askedOf(request, principal, digest),
      approval,
      inputs: inputsOf(request, principal, time),
    };
    const statements = this.#state(asked, decision, {
      server: snapshot.state.servers.get(srv),
      replyKeyHash: request.replyKeyHash,
    });
    return { ...decision, ...statements, argumentSalt: digest?.salt ?? null, ...pathsOf(snapshot, request) };
  }

  #state(
    asked: Asked,
    decision: Decision,
    { server, replyKeyHash }: Place,
  ): Pick<Authorization, 'grants' | 'denial'> {
    if (decision.decision !== 'allow' || server === undefined) {
      return { grants: null, denial: this.deps.statements.denial(asked, decision, server) };
    }
    const { srv, slug, dst, slots } = server;
    return {
      grants: this.deps.statements.grant(asked, decision, {
        srv,
        slug,
        dst,
        slots: [...slots],
        replyKeyHash,
      }),
      denial: null,
    };
  }
}

interface Place {
  server: Server | undefined;
  replyKeyHash: string | null;
}

const questionOf = (
  { operation, srv, tool, context, annotations, arguments: args, observedDigest }: AuthorizeRequest,
  { asker }: Principal,
): Omit<Question, 'time'> => ({
  asker,
  operation,
  server: { srv },
  tool,
  arguments: args,
  context,
  annotations,
  ...(observedDigest === null ? {} : { observedDigest }),
});

/** What the record needs so that the decision can be made again; the address of the client is sealed by the gateway. */
function inputsOf(
  { context, annotations }: AuthorizeRequest,
  { claims }: Principal,
  time: string,
): DecisionInputs {
  const { ip: _personal, ...recorded } = context;
  return {
    time,
    generation: claims.gen,
    scopes: claims.scopes,
    context: recorded,
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** Values at these paths are what a later decision about this call would look at. */
function pathsOf(
  snapshot: Snapshot,
  { srv, tool, arguments: args }: AuthorizeRequest,
): Pick<Authorization, 'argumentPaths'> {
  if (tool === null || args === null || !acceptableArguments(args)) return {};
  const paths = argumentPathsOf(snapshot, { srv, tool }).slice(0, MAX_ARGUMENT_PATHS);
  return paths.length === 0 ? {} : { argumentPaths: paths.map((path) => [...path]) };
}

const askedOf = (
  request: AuthorizeRequest,
  principal: Principal,
  digest: DigestedArguments | null,
): Omit<Asked, 'inputs' | 'approval'> => ({
  principal,
  call: request.call,
  attempt: request.attempt,
  operation: request.operation,
  tool: request.tool,
  definitionDigest: request.observedDigest,
  argumentDigest: digest?.digest ?? null,
});

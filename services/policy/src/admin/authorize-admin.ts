import {
  AppError,
  isErasureOperation,
  isKekOperation,
  type Authorization,
  type AuthorizeAdminRequest,
} from '@portcullis/contracts';
import { digestArguments } from '../authorize/digest-arguments.js';
import type { Principal, PrincipalVerifier } from '../authorize/principal-verifier.js';
import type { Asked, GrantedPlace, Statements } from '../authorize/statements.js';
import type { PolicyDecisions } from '../decisions/policy-decisions.js';
import { decideAdmin } from './decide-admin.js';

type Secret = NonNullable<AuthorizeAdminRequest['secret']>;

/** Decides administrative operations for control. Only those that the vault carries out bring a grant. */
export class AuthorizeAdmin {
  constructor(
    private readonly principals: PrincipalVerifier,
    private readonly decisions: PolicyDecisions,
    private readonly statements: Statements,
  ) {}

  /** @throws AppError UNAUTHENTICATED, UNAVAILABLE, INVALID_ARGUMENT (arguments that have no digest) */
  run(request: AuthorizeAdminRequest): Authorization {
    const { assertion, operation, secret } = request;
    const principal = this.principals.verify(assertion);
    const question = { asker: principal.asker, operation, secret };
    const { decision, snapshot } = this.decisions.decide(principal.claims.org, (policy) =>
      decideAdmin(policy, question),
    );
    const { asked, argumentSalt } = askedOf(request, principal);
    const server = secret === null ? undefined : snapshot.state.servers.get(secret.srv);
    if (decision.decision !== 'allow') {
      const denial = this.statements.denial(asked, decision, server);
      return { ...decision, grants: null, denial, argumentSalt };
    }
    const granted = grantedBy(request, server?.slug);
    const grants = granted === null ? null : this.statements.grant(asked, decision, granted);
    return { ...decision, grants, denial: null, argumentSalt };
  }
}

/** What was asked, and the salt of its arguments' digest where the vault will be sent any. */
function askedOf(
  { operation, secret, kek, erasure, call }: AuthorizeAdminRequest,
  principal: Principal,
): { asked: Asked; argumentSalt: string | null } {
  const effect = secret ?? kek ?? erasure;
  const digest = effect === undefined ? null : digestArguments(operation, effect.arguments);
  const asked: Asked = {
    principal,
    call,
    attempt: 1,
    operation,
    tool: null,
    definitionDigest: null,
    argumentDigest: digest?.digest ?? null,
    approval: null,
    inputs: null,
  };
  return { asked, argumentSalt: digest?.salt ?? null };
}

/** What the vault may do; null for what it has no part in. */
function grantedBy(
  { operation, secret, kek, erasure }: AuthorizeAdminRequest,
  slug: string | undefined,
): GrantedPlace | null {
  if (secret !== null) return { ...placeOf(secret, slug), slots: [secret.slot], replyKeyHash: null };
  const isGranted =
    (kek !== undefined && isKekOperation(operation)) ||
    (erasure !== undefined && isErasureOperation(operation));
  if (!isGranted) return null;
  return { srv: null, slug: null, dst: null, slots: [], replyKeyHash: null };
}

/** For a server that is gone (its secrets are being deleted) there is no slug any more. */
const GONE = 'removed';

function placeOf(
  { srv, arguments: args }: Secret,
  slug: string = GONE,
): { srv: string; slug: string; dst: string } {
  const dst = (args as { target?: { dst?: unknown } } | null)?.target?.dst;
  if (typeof dst !== 'string')
    throw new AppError('INVALID_ARGUMENT', 'The target of the secret names no destination.');
  return { srv, slug, dst };
}

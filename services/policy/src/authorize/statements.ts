import {
  issueForAudiences,
  issueToken,
  READING_OPERATION,
  type AdminOperation,
  type CredentialSlot,
  type Decision,
  type DecisionInputs,
  type ErasureOperation,
  type Grants,
  type KekOperation,
  type Keyring,
  type Operation,
  type ReadingClaims,
} from '@portcullis/contracts';
import type { Principal } from './principal-verifier.js';

/** What was asked, in the words of grants and denials. */
export interface Asked {
  principal: Principal;
  call: string;
  attempt: number;
  operation: Operation | AdminOperation | typeof READING_OPERATION;
  tool: string | null;
  definitionDigest: string | null;
  argumentDigest: string | null;
  /** The approval that the call has consumed, null where none was needed. */
  approval: string | null;
  /** Null for an administrative operation. */
  inputs: DecisionInputs | null;
}

/** Where a granted credential may go; nowhere for what is about no server. */
export interface GrantedPlace {
  srv: string | null;
  slug: string | null;
  dst: string | null;
  slots: CredentialSlot[];
  replyKeyHash: string | null;
}

/** What is read for, how much at most, and to which key it is sealed. */
export type ReadingTerms = Pick<ReadingClaims, 'purpose' | 'about' | 'boxes' | 'rkh'>;

/** Longest list of reasons that a denial carries. */
const MAX_REASONS = 16;

/** Policy's own statements about a decision: nobody else can make one, and neither is the other. */
export class Statements {
  constructor(private readonly keyring: Keyring) {}

  grant(asked: Asked, decision: Decision, { replyKeyHash, ...server }: GrantedPlace): Grants {
    return issueForAudiences(this.keyring, 'pc-grant+jwt', ['audit', 'vault'], {
      ...decidedClaims(asked, decision),
      op: asked.operation as Operation | 'secret.put' | 'secret.delete' | ErasureOperation | KekOperation,
      ...server,
      apr: asked.approval,
      rkh: replyKeyHash,
    });
  }

  /** Leave to have sealed sections opened. */
  reading(asked: Asked, decision: Decision, terms: ReadingTerms): Grants {
    const { tool: _tool, tdg: _tdg, label: _label, ad: _ad, ...claims } = decidedClaims(asked, decision);
    return issueForAudiences(this.keyring, 'pc-reading+jwt', ['audit', 'vault'], {
      ...claims,
      op: READING_OPERATION,
      ...terms,
    });
  }

  denial(asked: Asked, decision: Decision, server: { srv: string; slug: string } | undefined): string {
    return issueToken(this.keyring, 'pc-denial+jwt', 'audit', {
      ...decidedClaims(asked, decision),
      op: asked.operation,
      srv: server?.srv ?? null,
      slug: server?.slug ?? null,
      decision: decision.decision === 'approval_required' ? 'approval_required' : 'deny',
      reasons: decision.reasons.slice(0, MAX_REASONS),
    });
  }
}

function decidedClaims({ principal, inputs, ...asked }: Asked, decision: Decision) {
  const { org, sub, act, kind, sid } = principal.claims;
  return {
    org,
    sub,
    act,
    kind,
    sid,
    pah: principal.hash,
    call: asked.call,
    attempt: asked.attempt,
    did: decision.decisionId,
    rev: decision.revision,
    pdg: decision.policyDigest,
    tool: asked.tool,
    tdg: asked.definitionDigest,
    label: decision.label,
    ad: asked.argumentDigest,
    rule: decision.rule,
    ...(inputs === null ? {} : { inp: inputs }),
  };
}

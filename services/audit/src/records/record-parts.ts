import type { AuditRecord, DenialClaims, GrantClaims, ReadingClaims } from '@portcullis/contracts';

/** What audit adds to every record; taken in by the caller so that these functions only translate. */
export interface Acceptance {
  /** By audit's append clock. */
  time: Date;
  /** 16 random bytes in base64url: nobody can guess a record's hash from its content. */
  nonce: string;
  /** The service whose authenticated request brought the entry. */
  source: AuditRecord['source'];
}

type Who = Pick<GrantClaims | DenialClaims | ReadingClaims, 'sub' | 'kind' | 'act' | 'sid'>;
type What = Pick<GrantClaims | DenialClaims, 'op' | 'srv' | 'slug' | 'tool' | 'label'>;
type Decided = Pick<GrantClaims | DenialClaims, 'did' | 'rule' | 'rev' | 'pdg' | 'inp'>;

/** The fields that every record has, as empty as they may be. */
export function frame(entry: { recordId: string }, org: string, { time, nonce, source }: Acceptance) {
  return {
    v: 1,
    recordId: entry.recordId,
    org,
    time: time.toISOString(),
    source,
    decision: null,
    call: null,
    digests: null,
    outcome: null,
    data: null,
    occurredAt: null,
    nonce,
    sealed: [],
  } satisfies Partial<AuditRecord>;
}

/** Of an action that is about no server. */
export const NOWHERE = { srv: null, slug: null, tool: null, label: null } as const;

export const actorOf = ({ kind, sub, act, sid }: Who): AuditRecord['actor'] => ({
  kind,
  id: sub,
  client: act.client,
  agent: act.agent,
  session: sid,
});

export const actionOf = ({ op, srv, slug, tool, label }: What): AuditRecord['action'] => ({
  op,
  srv,
  slug,
  tool,
  label,
  target: null,
});

export const decisionOf = ({ did, rule, rev, pdg, inp }: Decided) => ({
  id: did,
  rule,
  revision: rev,
  policyDigest: pdg,
  ...(inp === undefined ? {} : { inputs: inp }),
});

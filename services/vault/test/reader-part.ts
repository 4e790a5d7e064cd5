import { randomBytes } from 'node:crypto';
import {
  b64u,
  fromB64u,
  generateReplyKey,
  issueForAudiences,
  issueToken,
  newId,
  openedSectionsSchema,
  payloadHash,
  replyKeyHash,
  SealedChannel,
  sealForSubject,
  sectionsSealing,
  VERBS,
  type JsonValue,
  type OpenedSection,
  type OpenSectionsRequest,
  type ReadingClaims,
  type SealedBox,
  type SubjectKey,
  type TokenClaims,
  type VerbCaller,
} from '@portcullis/contracts';
import type { Installation } from './installation.js';
import { claimsIn } from './issuer.js';

type ReadingChanges = Partial<TokenClaims<'pc-reading+jwt'>>;

/** The admin of an organisation, and policy reading for that person. */
export class ReaderPart {
  readonly sub = newId();
  readonly sid = newId();
  readonly replyKey = generateReplyKey();

  constructor(
    private readonly installation: Pick<Installation, 'issuer'>,
    private readonly callers: { policy: VerbCaller; control: VerbCaller },
    readonly org = newId(),
  ) {}

  /** A person of the organisation, whose key control has the vault make. */
  async person(subject = newId()): Promise<{ subject: string; key: SubjectKey }> {
    const { org } = this;
    return { subject, key: await this.callers.control.call(VERBS.createSubjectKey, { org, subject }) };
  }

  sealed(
    { subject, key }: { subject: string; key: SubjectKey },
    section: JsonValue,
    org = this.org,
  ): SealedBox {
    return sealForSubject(key, org, subject, section);
  }

  leave(changes: ReadingChanges = {}): { reading: string; receipt: string } {
    const { issuer } = this.installation;
    const reading = issueForAudiences(issuer.policy, 'pc-reading+jwt', ['audit', 'vault'], {
      org: this.org,
      sub: this.sub,
      act: { client: null, agent: null },
      kind: 'user',
      sid: this.sid,
      pah: hash(),
      call: newId(),
      attempt: 1,
      did: newId(),
      rev: 7,
      pdg: hash(),
      rule: 'organisation-admin',
      op: 'sealed.read',
      purpose: 'simulation',
      about: { simulation: hash(), from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' },
      boxes: 1024,
      rkh: replyKeyHash(this.replyKey.publicKey),
      ...changes,
    }).vault;
    return { reading, receipt: this.receipt(reading) };
  }

  receipt(reading: string): string {
    const { org, call, attempt, exp } = claimsIn<ReadingClaims>(reading);
    return issueToken(this.installation.issuer.audit, 'pc-receipt+jwt', 'vault', {
      kind: 'intent',
      org,
      call,
      attempt,
      exp,
      gh: b64u(payloadHash(reading)),
      recordId: newId(),
      dh: hash(),
      stream: `audit-${org}-admin-202611`,
      revision: 1,
    });
  }

  assertion(changes: { org?: string; sub?: string; sid?: string } = {}): string {
    const { org, sub, sid } = { org: this.org, sub: this.sub, sid: this.sid, ...changes };
    return this.installation.issuer.assertion(org, { sub, sid });
  }

  request(boxes: SealedBox[], changes: Partial<OpenSectionsRequest> = {}): OpenSectionsRequest {
    return {
      ...this.leave(),
      assertion: this.assertion(),
      batch: 0,
      replyKey: b64u(this.replyKey.publicKey),
      boxes,
      ...changes,
    };
  }

  async open(request: OpenSectionsRequest, caller = this.callers.policy): Promise<OpenedSection[]> {
    const { sealed } = await caller.call(VERBS.openSections, request);
    return this.unseal(request, sealed);
  }

  unseal(request: OpenSectionsRequest, sealed: string): OpenedSection[] {
    const vault = this.installation.issuer.policy.sealKeyOf('vault');
    const plaintext = new SealedChannel(this.replyKey, vault).open(
      sectionsSealing(request),
      fromB64u(sealed),
    );
    return openedSectionsSchema.parse(JSON.parse(plaintext.revealText()));
  }
}

const hash = (): string => b64u(randomBytes(32));

import {
  AppError,
  b64u,
  issueToken,
  parseIJson,
  payloadHash,
  policyHeadSchema,
  REPLY_HEADER,
  REQUEST_HEADER,
  toErrorBody,
  VERBS,
  verifyToken,
  type AppendEntry,
  type AppendReply,
  type AppendRequest,
  type Keyring,
  type PolicyHead,
  type PolicyHeadsReply,
  type PolicyHeadsRequest,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator, type AnyVerb } from '@portcullis/platform';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';

/** The other end of audit's verbs: authenticates and validates like the service, and remembers. */
export class AuditPeer {
  /** What was recorded, in order: each record once, as audit does, however often it is sent. */
  readonly entries: (AppendEntry & { by: string })[] = [];
  /** How many were sent that had been recorded before. */
  repeated = 0;
  /** While set, every append is refused. */
  refuse = false;
  /** While set, nobody is told of heads. */
  silentAboutHeads = false;
  /** How often heads were asked for. */
  headsAsked = 0;
  /** Entries that are refused as too large, for good. */
  tooLarge: (entry: AppendEntry) => boolean = () => false;
  readonly #authenticator: ServiceCallerAuthenticator;

  constructor(
    readonly connection: NatsConnection,
    private readonly keyring: Keyring,
  ) {
    this.#authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
    this.#serve(VERBS.append as never, (request, by) => this.#append(request as AppendRequest, by));
    this.#serve(VERBS.policyHeads as never, (request) => this.#heads(request as PolicyHeadsRequest));
  }

  /** The highest fact of each organisation with its hash, as audit keeps it: it never goes back. */
  headOf(org: string): PolicyHead | null {
    const facts = this.entries.flatMap((entry) =>
      entry.kind === 'fact' && entry.by === 'policy' && entry.org === org ? [entry.data] : [],
    );
    const heads = facts.flatMap(
      ({ revision, head }) => policyHeadSchema.safeParse({ revision, head }).data ?? [],
    );
    return heads.reduce<PolicyHead | null>(
      (best, next) => (best === null || next.revision > best.revision ? next : best),
      null,
    );
  }

  #append({ entries }: AppendRequest, by: string): AppendReply {
    const results = entries.map((entry, index): AppendReply['results'][number] => {
      const { recordId } = entry;
      const refused = (code: 'UNAVAILABLE' | 'PAYLOAD_TOO_LARGE') =>
        ({ status: 'refused', recordId, code, message: 'refused' }) as const;
      if (this.refuse) return refused('UNAVAILABLE');
      if (this.tooLarge(entry)) return refused('PAYLOAD_TOO_LARGE');
      if (this.entries.some((known) => known.recordId === recordId)) this.repeated += 1;
      else this.entries.push({ ...entry, by });
      const receipt = this.#receiptOf(entry);
      return { status: 'recorded', recordId, stream: 'audit-test', revision: index, receipt };
    });
    return { results };
  }

  #receiptOf(entry: AppendEntry): string | null {
    if (entry.kind !== 'reading') return null;
    const claims = verifyToken(this.keyring, 'pc-reading+jwt', 'policy', entry.reading, new Date());
    const { org, call, attempt, exp } = claims;
    const gh = b64u(payloadHash(entry.reading));
    const place = { recordId: entry.recordId, dh: gh, stream: 'audit-test', revision: 0 };
    return issueToken(this.keyring, 'pc-receipt+jwt', 'vault', {
      ...{ kind: 'intent', org, call, attempt, exp, gh },
      ...place,
    });
  }

  #heads({ orgs }: PolicyHeadsRequest): PolicyHeadsReply {
    if (this.silentAboutHeads) throw new AppError('UNAVAILABLE', 'not now');
    this.headsAsked += 1;
    return { heads: orgs.map((org) => ({ org, recorded: this.headOf(org) })) };
  }

  #serve(verb: AnyVerb, handle: (request: unknown, by: string) => unknown): void {
    const answer = (message: Msg): void => {
      const token = message.headers?.get(REQUEST_HEADER) ?? '';
      const { caller, signReply } = this.#authenticator.authenticate(verb, message.data, token);
      const body = Buffer.from(JSON.stringify(this.#answer(verb, message, caller.id, handle)), 'utf8');
      const replyHeaders = headers();
      replyHeaders.set(REPLY_HEADER, signReply(body));
      message.respond(body, { headers: replyHeaders });
    };
    this.connection.subscribe(verb.subject, {
      queue: 'audit',
      callback: (error, message) => {
        if (error === null) answer(message);
      },
    });
  }

  #answer(
    verb: AnyVerb,
    message: Msg,
    by: string,
    handle: (request: unknown, by: string) => unknown,
  ): unknown {
    try {
      return handle(verb.request.parse(parseIJson(message.data)), by);
    } catch (thrown) {
      return toErrorBody(thrown);
    }
  }
}

export async function startAuditPeer(connection: NatsConnection, keyring: Keyring): Promise<AuditPeer> {
  const peer = new AuditPeer(connection, keyring);
  await connection.flush();
  return peer;
}

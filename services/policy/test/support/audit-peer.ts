import {
  parseIJson,
  REPLY_HEADER,
  REQUEST_HEADER,
  VERBS,
  type AppendEntry,
  type Keyring,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator } from '@portcullis/platform';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';

export interface AuditPeer {
  readonly connection: NatsConnection;
  /** What was appended, in order, repetitions too. */
  readonly entries: (AppendEntry & { by: string })[];
  /** While set, every append is refused. */
  refuse: boolean;
}

/** The other end of `audit.v1.append`: authenticates and validates like the service, and remembers. */
export async function startAuditPeer(connection: NatsConnection, keyring: Keyring): Promise<AuditPeer> {
  const peer: AuditPeer = { connection, entries: [], refuse: false };
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const answer = (message: Msg): void => {
    const token = message.headers?.get(REQUEST_HEADER) ?? '';
    const { caller, signReply } = authenticator.authenticate(VERBS.append as never, message.data, token);
    const { entries } = VERBS.append.request.parse(parseIJson(message.data));
    if (!peer.refuse) peer.entries.push(...entries.map((entry) => ({ ...entry, by: caller.id })));
    const results = entries.map(({ recordId }, index) =>
      peer.refuse
        ? { status: 'refused' as const, recordId, code: 'UNAVAILABLE' as const, message: 'not now' }
        : { status: 'recorded' as const, recordId, stream: 'audit-test', revision: index, receipt: null },
    );
    const body = Buffer.from(JSON.stringify({ results }), 'utf8');
    const replyHeaders = headers();
    replyHeaders.set(REPLY_HEADER, signReply(body));
    message.respond(body, { headers: replyHeaders });
  };
  connection.subscribe(VERBS.append.subject, {
    queue: 'audit',
    callback: (error, message) => {
      if (error === null) answer(message);
    },
  });
  await connection.flush();
  return peer;
}

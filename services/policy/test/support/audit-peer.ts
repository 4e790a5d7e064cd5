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
  /** Entries that are refused as too large, for good. */
  tooLarge: (entry: AppendEntry) => boolean;
}

/** The other end of `audit.v1.append`: authenticates and validates like the service, and remembers. */
export async function startAuditPeer(connection: NatsConnection, keyring: Keyring): Promise<AuditPeer> {
  const peer: AuditPeer = { connection, entries: [], refuse: false, tooLarge: () => false };
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const answer = (message: Msg): void => {
    const token = message.headers?.get(REQUEST_HEADER) ?? '';
    const { caller, signReply } = authenticator.authenticate(VERBS.append as never, message.data, token);
    const { entries } = VERBS.append.request.parse(parseIJson(message.data));
    const results = entries.map((entry, index) => {
      const { recordId } = entry;
      if (peer.refuse) return { status: 'refused', recordId, code: 'UNAVAILABLE', message: 'not now' };
      if (peer.tooLarge(entry))
        return { status: 'refused', recordId, code: 'PAYLOAD_TOO_LARGE', message: 'never' };
      peer.entries.push({ ...entry, by: caller.id });
      return { status: 'recorded', recordId, stream: 'audit-test', revision: index, receipt: null };
    });
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

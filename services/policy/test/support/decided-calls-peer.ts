import {
  parseIJson,
  REPLY_HEADER,
  REQUEST_HEADER,
  toErrorBody,
  VERBS,
  type AppError,
  type DecidedCall,
  type DecidedCallsReply,
  type DecidedCallsRequest,
  type Keyring,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator } from '@portcullis/platform';
import { headers, type NatsConnection } from '@nats-io/transport-node';

export interface DecidedCallsPeer {
  rows: DecidedCall[];
  /** Rows in a page. */
  page: number;
  /** What it was asked, in order. */
  readonly asked: DecidedCallsRequest[];
  /** Awaited before each answer; throws to refuse. */
  before: () => Promise<void>;
}

/** The other end of `audit.v1.decidedCalls`: pages through the rows that it was given, as audit does. */
export async function startDecidedCallsPeer(
  connection: NatsConnection,
  keyring: Keyring,
): Promise<DecidedCallsPeer> {
  const peer: DecidedCallsPeer = { rows: [], page: 2, asked: [], before: () => Promise.resolve() };
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const verb = VERBS.decidedCalls;
  connection.subscribe(verb.subject, {
    queue: 'audit',
    callback: (_error, message) => {
      const token = message.headers?.get(REQUEST_HEADER) ?? '';
      const { signReply } = authenticator.authenticate(verb as never, message.data, token);
      const request = verb.request.parse(parseIJson(message.data));
      peer.asked.push(request);
      const answered = peer.before().then(
        () => pageOf(peer, request),
        (error: AppError) => toErrorBody(error),
      );
      void answered.then((answer) => {
        const body = Buffer.from(JSON.stringify(answer), 'utf8');
        const replyHeaders = headers();
        replyHeaders.set(REPLY_HEADER, signReply(body));
        message.respond(body, { headers: replyHeaders });
      });
    },
  });
  await connection.flush();
  return peer;
}

function pageOf(peer: DecidedCallsPeer, { from, to, after }: DecidedCallsRequest): DecidedCallsReply {
  const rows = peer.rows.filter(([, time]) => from <= time && time < to);
  const begin = after === null ? 0 : rows.findIndex(([recordId]) => recordId === after.recordId) + 1;
  const page = rows.slice(begin, begin + peer.page);
  const last = page.at(-1);
  const more = begin + page.length < rows.length;
  return {
    rows: page.map((row) => JSON.stringify(row)),
    next: more && last !== undefined ? { recordId: last[0], time: last[1] } : null,
  };
}

import {
  parseIJson,
  REPLY_HEADER,
  REQUEST_HEADER,
  toErrorBody,
  type Keyring,
  type Verb,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator } from '@portcullis/platform';
import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';

/** Answers a verb as its service does: authenticated, validated, signed. */
export async function serveVerb<Request, Reply>(
  { connection, keyring }: { connection: NatsConnection; keyring: Keyring },
  verb: Verb<Request, Reply>,
  handle: (request: Request) => Reply | Promise<Reply>,
): Promise<void> {
  const authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  const answer = async (message: Msg): Promise<void> => {
    const token = message.headers?.get(REQUEST_HEADER) ?? '';
    const { signReply } = authenticator.authenticate(verb as never, message.data, token);
    const reply = await handled(() => handle(verb.request.parse(parseIJson(message.data))));
    const body = Buffer.from(JSON.stringify(reply), 'utf8');
    const replyHeaders = headers();
    replyHeaders.set(REPLY_HEADER, signReply(body));
    message.respond(body, { headers: replyHeaders });
  };
  connection.subscribe(verb.subject, {
    queue: verb.callee,
    callback: (_error, message) => void answer(message),
  });
  await connection.flush();
}

async function handled(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return toErrorBody(error);
  }
}

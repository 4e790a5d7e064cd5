import {
  AppError,
  REPLY_HEADER,
  REQUEST_HEADER,
  toErrorBody,
  type Keyring,
  type Verb,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator, type AnyVerb } from '@portcullis/platform';
import { headers as createHeaders, type Msg, type NatsConnection } from '@nats-io/transport-node';

/**
 * Serves verbs of another service over real NATS with that service's own keys, so that control meets the same wire, the
 * same authentication and the same schemas as with the real one.
 */
export class VerbResponder {
  /** Errors to be thrown instead of the next answers, by subject; `before` the handler or `after` it (a lost answer). */
  private readonly failures = new Map<string, { error: AppError; when: 'before' | 'after' }[]>();
  readonly requests: { subject: string; request: unknown }[] = [];
  private readonly authenticator: ServiceCallerAuthenticator;

  constructor(
    private readonly connection: NatsConnection,
    readonly keyring: Keyring,
  ) {
    this.authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
  }

  serve<Request, Reply>(
    verb: Verb<Request, Reply>,
    handle: (request: Request) => Reply | Promise<Reply>,
  ): void {
    this.connection.subscribe(verb.subject, {
      queue: verb.callee,
      callback: (_error, message) => void this.answer(verb as unknown as AnyVerb, handle as never, message),
    });
  }

  failNext(verb: { subject: string }, error: AppError, when: 'before' | 'after' = 'before'): void {
    this.failures.set(verb.subject, [...(this.failures.get(verb.subject) ?? []), { error, when }]);
  }

  of<Request>(verb: Verb<Request, never> | Verb<Request, unknown>): Request[] {
    return this.requests
      .filter(({ subject }) => subject === verb.subject)
      .map(({ request }) => request as Request);
  }

  private async answer(verb: AnyVerb, handle: (request: unknown) => unknown, message: Msg): Promise<void> {
    const token = message.headers?.get(REQUEST_HEADER) ?? '';
    const authenticated = this.authenticator.authenticate(verb, message.data, token);
    let body: unknown;
    try {
      const failure = this.failures.get(verb.subject)?.shift();
      if (failure?.when === 'before') throw failure.error;
      const request = verb.request.parse(JSON.parse(Buffer.from(message.data).toString('utf8')));
      this.requests.push({ subject: verb.subject, request });
      body = verb.reply.parse(await handle(request));
      if (failure !== undefined) throw failure.error;
    } catch (thrown) {
      body = toErrorBody(thrown instanceof AppError ? thrown : new AppError('INTERNAL', String(thrown)));
    }
    const bytes = Buffer.from(JSON.stringify(body), 'utf8');
    const headers = createHeaders();
    headers.set(REPLY_HEADER, authenticated.signReply(bytes));
    message.respond(bytes, { headers });
  }
}

import {
  AppError,
  REPLY_HEADER,
  REQUEST_HEADER,
  toErrorBody,
  type Keyring,
  type Verb,
} from '@portcullis/contracts';
import { ServiceCallerAuthenticator, type AnyVerb, type AuthenticatedRequest } from '@portcullis/platform';
import { headers, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';

type Serve<Request, Reply> = (request: Request) => Reply | Promise<Reply>;

/**
 * Serves one verb as the real service does: authenticated both ways, contract on both sides, in the service's queue
 * group. It can be told to fall silent, to lose its answers, and to stop.
 */
export class VerbResponder<Request, Reply> {
  mode: 'serving' | 'silent' = 'serving';
  /** So many of the next answers never arrive, though the work is done. */
  losing = 0;
  /** Answers wait for it, though the work is done. */
  held: Promise<void> = Promise.resolve();
  /** Requests that were not proven to come from the gateway as they are. */
  refused = 0;
  /** Requests that were understood, whether or not they were answered. */
  readonly requests: Request[] = [];
  private readonly authenticator: ServiceCallerAuthenticator;
  private subscriptions: Subscription[] = [];

  constructor(
    private readonly connection: NatsConnection,
    keyring: Keyring,
    private readonly verb: Verb<Request, Reply>,
    private readonly work: Serve<Request, Reply>,
  ) {
    this.authenticator = new ServiceCallerAuthenticator(keyring, () => new Date());
    this.start();
  }

  start(): void {
    if (this.subscriptions.length > 0) return;
    const { many } = this.verb;
    this.subscribe(this.verb as unknown as AnyVerb, (body) => this.one(body));
    if (many === null) return;
    this.subscribe(many, async (body) => {
      const { requests } = many.request.parse(body);
      return { replies: await Promise.all(requests.map((request) => this.one(request))) };
    });
  }

  /** As if the service were not running. */
  async stop(): Promise<void> {
    for (const subscription of this.subscriptions.splice(0)) subscription.unsubscribe();
    await this.connection.flush();
  }

  /** Back to how it began. */
  reset(): void {
    this.mode = 'serving';
    this.losing = 0;
    this.held = Promise.resolve();
    this.refused = 0;
    this.requests.length = 0;
    this.start();
  }

  private subscribe(verb: AnyVerb, work: Serve<unknown, unknown>): void {
    const subscription = this.connection.subscribe(verb.subject, {
      queue: verb.callee,
      callback: (error, message) => {
        if (!error) void this.serve(verb, work, message);
      },
    });
    this.subscriptions.push(subscription);
  }

  private async serve(verb: AnyVerb, work: Serve<unknown, unknown>, message: Msg): Promise<void> {
    if (this.mode === 'silent') return;
    const token = message.headers?.get(REQUEST_HEADER) ?? '';
    let authenticated: AuthenticatedRequest;
    try {
      authenticated = this.authenticator.authenticate(verb, message.data, token);
    } catch (error) {
      this.refused += 1;
      message.respond(JSON.stringify(toErrorBody(error)));
      return;
    }
    const body = Buffer.from(JSON.stringify(await work(JSON.parse(message.string()))), 'utf8');
    if (this.losing > 0) {
      this.losing -= 1;
      return;
    }
    await this.held;
    const reply = headers();
    reply.set(REPLY_HEADER, authenticated.signReply(body));
    message.respond(body, { headers: reply });
  }

  private async one(body: unknown): Promise<unknown> {
    const request = this.verb.request.parse(body);
    this.requests.push(request);
    try {
      return this.verb.reply.parse(await this.work(request));
    } catch (error) {
      if (error instanceof AppError) return toErrorBody(error);
      throw error;
    }
  }
}

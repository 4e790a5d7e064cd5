import {
  AppError,
  CORRELATION_HEADER,
  newId,
  parseIJson,
  REQUEST_HEADER,
  toErrorBody,
  TRACE_HEADER,
  ulidSchema,
  validated,
  type ErrorBody,
  type ManyReply,
  type ManyRequest,
} from '@portcullis/contracts';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { ReplicaLease } from '../barrier/replica-lease.js';
import { databaseAway } from '../database/database-away.js';
import { withCorrelation } from '../logging/correlation.js';
import { readinessReply, type Readiness } from '../health/readiness.js';
import type { Logger } from '../logging/logger.js';
import type { Telemetry } from '../telemetry/telemetry.js';
import type { IncomingTrace } from '../telemetry/tracer.js';
import type { AnyVerb, AuthenticatedRequest, CallerAuthenticator } from './caller-authenticator.js';
import type { VerbContext } from './verb-handler.js';
import { answerTooLarge, requestTo, respond, tooLarge } from './verb-messages.js';

/** Bytes that one NATS message may have where the broker doesn't say, and what the reply token takes of them. */
const DEFAULT_MAX_PAYLOAD = 1_048_576;
const HEADER_ROOM = 4096;

/** Turns a body, and the proof of who sent it, into an answer's body. */
type Work = (value: unknown, authenticated: AuthenticatedRequest) => Promise<unknown>;

interface Served {
  readonly verb: AnyVerb;
  readonly handler: MessageHandler;
}

interface Asked {
  readonly verb: AnyVerb;
  readonly authenticated: AuthenticatedRequest;
}

interface Answer {
  readonly body: Buffer;
  /** Undefined: the caller is not known, and gets no reply token. */
  readonly authenticated: AuthenticatedRequest | undefined;
}

export interface VerbServerOptions {
  connection: NatsConnection;
  logger: Logger;
  authenticator: CallerAuthenticator;
  /** For verbs whose callers prove themselves otherwise, by subject. */
  authenticators?: ReadonlyMap<string, CallerAuthenticator>;
  /** Of a service that serves from caches: without it no request is looked at, and no answer goes out. */
  lease?: Pick<ReplicaLease, 'during'>;
  telemetry: Telemetry;
  /** Answered to services that ask with the callee's `ready` verb. */
  readiness?: { verb: AnyVerb; state: () => Promise<Readiness> };
  /** What the trace of a caller that is no service of the installation may do; default: nothing. */
  outsideTrace?: IncomingTrace['use'];
}

/**
 * Nest transport in which the body *is* the contract JSON, so that a plain `nats req` works (Nest's own NATS transport
 * wants `{id, data}` and answers anything else with silence). Order of work, fail closed: size, origin, lease,
 * I-JSON, schema, handler; an error is an answer too, and carries the reply token whenever the caller is known.
 */
export class VerbServer extends Server implements CustomTransportStrategy {
  private readonly subscriptions: Subscription[] = [];
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly options: VerbServerOptions) {
    super();
    const { readiness } = options;
    if (readiness === undefined) return;
    const answer = async () => readinessReply(await readiness.state());
    this.addHandler(readiness.verb.subject, answer, false, { verb: readiness.verb });
  }

  listen(callback: (error?: unknown) => void): void {
    for (const handler of this.messageHandlers.values()) {
      const verb = handler.extras?.['verb'] as AnyVerb;
      const served = { verb, handler };
      this.subscribe(verb, (value, asked) => this.handle(served, value, asked));
      if (verb.many !== null) this.subscribe(verb.many, (value, asked) => this.each(served, value, asked));
    }
    // A subscription counts only when the server has seen it: the ready line must not come before.
    this.options.connection.flush().then(() => callback(), callback);
  }

  /**
   * Takes no new request and lets those under way be answered. The connection belongs to whoever made it: it MUST stay
   * open until this has resolved.
   */
  async close(): Promise<void> {
    await Promise.all(this.subscriptions.splice(0).map((subscription) => subscription.drain()));
    await Promise.all(this.underWay);
    await this.options.connection.flush();
  }

  on(): void {}

  unwrap<T>(): T {
    return this.options.connection as T;
  }

  private subscribe(verb: AnyVerb, work: Work): void {
    const subscription = this.options.connection.subscribe(verb.subject, {
      ...(verb.everyReplica ? {} : { queue: verb.callee }),
      callback: (error, message) => {
        if (error) this.options.logger.error({ err: error, subject: verb.subject }, 'subscription failed');
        else this.keep(this.correlated(verb, message, () => this.serve(verb, work, message)));
      },
    });
    this.subscriptions.push(subscription);
  }

  private keep(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  private async serve(verb: AnyVerb, work: Work, message: Msg): Promise<void> {
    let authenticated: AuthenticatedRequest | undefined;
    let answer: Buffer;
    const ended = this.options.telemetry.verbs.served(verb.subject);
    try {
      if (message.data.byteLength > verb.maxRequestBytes) throw tooLarge(verb);
      const token = message.headers?.get(REQUEST_HEADER) ?? '';
      const authenticator = this.options.authenticators?.get(verb.subject) ?? this.options.authenticator;
      authenticated = await authenticator.authenticate(verb, message.data, token);
      const proven = authenticated;
      const working = () => this.whileHeld(work, message.data, { verb, authenticated: proven });
      answer = encode(await this.traced(verb, message, proven, working));
      ended('OK');
    } catch (thrown) {
      const refusal = this.refusal(verb, thrown);
      ended(refusal.error.code);
      answer = encode(refusal);
    }
    this.answer(verb, message, { body: answer, authenticated });
  }

  private refusal(verb: AnyVerb, thrown: unknown): ErrorBody {
    const away = databaseAway(thrown);
    if (away !== undefined) {
      this.options.logger.warn({ err: thrown, subject: verb.subject }, 'the database is not available');
      return toErrorBody(away);
    }
    if (!(thrown instanceof AppError) || thrown.code === 'INTERNAL') {
      this.options.logger.error({ err: thrown, subject: verb.subject }, 'request failed');
    } else {
      this.options.logger.debug({ code: thrown.code, subject: verb.subject }, 'request refused');
    }
    return toErrorBody(thrown);
  }

  /** What can't be sent is an error that can: an answer that only grew too long must not end the process. */
  private answer(verb: AnyVerb, message: Msg, { body, authenticated }: Answer): void {
    const { connection, logger } = this.options;
    const limit = (connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD) - HEADER_ROOM;
    const fits = body.byteLength <= limit;
    if (!fits)
      logger.warn({ subject: verb.subject, bytes: body.byteLength, limit }, 'an answer is too large');
    const sent = fits ? body : encode(toErrorBody(answerTooLarge(verb)));
    try {
      respond(message, sent, authenticated?.signReply(sent));
    } catch (err) {
      logger.error({ err, subject: verb.subject }, 'an answer could not be sent');
    }
  }

  private whileHeld(work: Work, body: Uint8Array, { verb, authenticated }: Asked): Promise<unknown> {
    const handled = () => work(parseIJson(body, { maxBytes: verb.maxRequestBytes }), authenticated);
    return this.options.lease?.during(handled) ?? handled();
  }

  /** Of requests that came together each is answered by itself. */
  private async each(
    served: Served,
    value: unknown,
    authenticated: AuthenticatedRequest,
  ): Promise<ManyReply> {
    const { verb } = served;
    const { requests } = validated((verb.many ?? verb).request, value, requestTo(verb)) as ManyRequest;
    const replies = requests.map((request) =>
      this.handle(served, request, authenticated).catch((thrown: unknown) => this.refusal(verb, thrown)),
    );
    return { replies: await Promise.all(replies) };
  }

  private async handle(
    { verb, handler }: Served,
    value: unknown,
    { caller }: AuthenticatedRequest,
  ): Promise<unknown> {
    const request = validated(verb.request, value, requestTo(verb));
    const context: VerbContext = { caller };
    return lastValueFrom(this.transformToObservable(await handler(request, context)));
  }

  /** Ids of requests and traces are believed of services alone, and only for logs and traces. */
  private correlated(verb: AnyVerb, message: Msg, work: () => Promise<void>): Promise<void> {
    const given = isForServices(verb) ? message.headers?.get(CORRELATION_HEADER) : undefined;
    const correlationId = ulidSchema.safeParse(given).data ?? newId();
    return withCorrelation({ correlationId }, work);
  }

  private traced(
    verb: AnyVerb,
    message: Msg,
    { caller }: AuthenticatedRequest,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const { tracer } = this.options.telemetry;
    if (!tracer.on) return work();
    const use = isForServices(verb) ? 'continue' : (this.options.outsideTrace ?? 'ignore');
    const incoming = { header: message.headers?.get(TRACE_HEADER), use } as const;
    const attributes = { 'portcullis.caller': caller.id };
    return tracer.run({ name: verb.subject, kind: 'server', incoming, attributes }, work);
  }
}

/** The others are open to tools of the customer, which are no part of the installation. */
const isForServices = (verb: AnyVerb): boolean => verb.callers.length > 0;

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

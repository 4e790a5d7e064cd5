import { AppError } from '../errors/app-error.js';
import { errorBodySchema, fromErrorBody } from '../errors/error-body.js';
import { signRequest, verifyReply } from '../tokens/request.js';
import type { Keyring } from '../trust/keyring.js';
import type { Verb } from '../verb.js';
import {
  REPLY_HEADER,
  REQUEST_HEADER,
  type CallObserver,
  type Requester,
  type WireMessage,
} from './requester.js';

export interface CallOptions {
  /** Milliseconds; shorter than the verb's own limit where the caller's deadline is nearer. */
  timeoutMs?: number;
}

/** Calls verbs of other services. */
export interface VerbCalls {
  /**
   * @throws AppError with the callee's code when it refused; `DEADLINE_EXCEEDED` or `UNAVAILABLE` when there was no
   * answer, or none that is proven to be the callee's.
   */
  call<Request, Reply>(verb: Verb<Request, Reply>, request: Request, options?: CallOptions): Promise<Reply>;
}
const NO_HEADERS: Readonly<Record<string, string>> = {};
const unobserved: CallObserver = { observe: (_verb, call) => call(NO_HEADERS) };

/**
 * Calls verbs of other services with end-to-end authentication: signs the request under the pairwise key, and believes
 * an answer (errors too) only when its reply token covers this very request and this very body.
 */
export class VerbCaller implements VerbCalls {
  constructor(
    private readonly requester: Requester,
    private readonly keyring: Keyring,
    private readonly clock: () => Date = () => new Date(),
    private readonly observer: CallObserver = unobserved,
  ) {}

  call<Request, Reply>(
    verb: Verb<Request, Reply>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Reply> {
    return this.observer.observe(verb, (headers) => this.send(verb, request, options, headers));
  }

  private async send<Request, Reply>(
    verb: Verb<Request, Reply>,
    request: Request,
    options: CallOptions,
    headers: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const { body, token } = signedRequest(this.keyring, verb, request);
    const timeoutMs = Math.min(options.timeoutMs ?? verb.timeoutMs, verb.timeoutMs);
    const answer = await this.requester.request(
      verb.subject,
      { body, headers: { ...headers, [REQUEST_HEADER]: token } },
      timeoutMs,
    );
    requireProven(this.keyring, verb, { token, answer, now: this.clock() });
    return readAnswer(verb, JSON.parse(Buffer.from(answer.body).toString('utf8')));
  }
}

/** The body of a request, and the token that covers it. @throws AppError `PAYLOAD_TOO_LARGE` */
export function signedRequest<Request>(
  keyring: Keyring,
  verb: Verb<Request, unknown>,
  request: Request,
): { body: Buffer; token: string } {
  const body = Buffer.from(JSON.stringify(request), 'utf8');
  if (body.byteLength > verb.maxRequestBytes) {
    throw new AppError(
      'PAYLOAD_TOO_LARGE',
      `A request to ${verb.subject} may have ${verb.maxRequestBytes} bytes at most.`,
      {
        details: { bytes: body.byteLength, limit: verb.maxRequestBytes },
      },
    );
  }
  return { body, token: signRequest(keyring, verb.callee, verb.subject, body) };
}

/**
 * An answer that isn't the callee's is as good as none: whatever it says, also that somebody is unauthenticated.
 * @throws AppError `UNAVAILABLE`
 */
export function requireProven(
  keyring: Keyring,
  { subject, callee }: Pick<Verb<never, unknown>, 'subject' | 'callee'>,
  { token, answer, now }: { token: string; answer: WireMessage; now: Date },
): void {
  try {
    verifyReply(keyring, callee, token, answer.body, answer.headers[REPLY_HEADER] ?? '', now);
  } catch (cause) {
    throw new AppError('UNAVAILABLE', `The answer to ${subject} is not proven to come from ${callee}.`, {
      cause,
    });
  }
}

/**
 * An answer as the verb's reply, or the error that it is.
 *
 * @throws AppError the callee's, or `UNAVAILABLE` for what is neither
 */
export function readAnswer<Reply>(
  verb: Pick<Verb<never, Reply>, 'subject' | 'reply'>,
  value: unknown,
): Reply {
  if (isObject(value) && 'error' in value) {
    const error = errorBodySchema.safeParse(value);
    if (error.success) throw fromErrorBody(error.data);
  }
  const reply = verb.reply.safeParse(value);
  if (reply.success) return reply.data;
  throw new AppError('UNAVAILABLE', `The answer to ${verb.subject} does not follow the contract.`, {
    cause: reply.error,
  });
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

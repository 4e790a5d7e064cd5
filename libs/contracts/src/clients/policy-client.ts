import { AppError } from '../errors/app-error.js';
import { errorBodySchema } from '../errors/error-body.js';
import type {
  CheckManyReply,
  CheckManyRequest,
  ExplainReply,
  ListAllowedReply,
  ListAllowedRequest,
} from '../messages/policy-api.js';
import type { CheckRequest, Decision } from '../messages/policy.js';
import type { Secret } from '../sensitive/secret.js';
import { signClientRequest, verifyClientReply } from '../tokens/client-request.js';
import type { Verb } from '../verb.js';
import { VERBS } from '../verbs.js';
import { REPLY_HEADER, REQUEST_HEADER, type Requester, type WireMessage } from './requester.js';
import { readAnswer, type CallOptions } from './verb-caller.js';

/**
 * The policy API for internal tools, over NATS. Requests are signed under a key of the client's token, which itself never
 * travels; an answer counts only when policy has signed it as the answer to this very request.
 *
 * Every method throws AppError: policy's own code when it refused, `DEADLINE_EXCEEDED` or `UNAVAILABLE` when there was no
 * answer or none that is proven. Whatever is thrown is a denial.
 */
export class PolicyClient {
  constructor(
    private readonly requester: Requester,
    private readonly token: Secret,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /** Decides one question. */
  check(request: CheckRequest, options?: CallOptions): Promise<Decision> {
    return this.call(VERBS.check, request, options);
  }

  /** Decides up to a hundred questions on one revision; one result for each, in their order. */
  checkMany(request: CheckManyRequest, options?: CallOptions): Promise<CheckManyReply> {
    return this.call(VERBS.checkMany, request, options);
  }

  /** One page of the tools that some call of the principal would be allowed to use. */
  listAllowed(request: ListAllowedRequest, options?: CallOptions): Promise<ListAllowedReply> {
    return this.call(VERBS.listAllowed, request, options);
  }

  /** The decision, and every rule that was considered for it. */
  explain(request: CheckRequest, options?: CallOptions): Promise<ExplainReply> {
    return this.call(VERBS.explain, request, options);
  }

  private async call<Request, Reply>(
    verb: Verb<Request, Reply>,
    request: Request,
    { timeoutMs = verb.timeoutMs }: CallOptions = {},
  ): Promise<Reply> {
    const body = Buffer.from(JSON.stringify(request), 'utf8');
    if (body.byteLength > verb.maxRequestBytes) {
      throw new AppError(
        'PAYLOAD_TOO_LARGE',
        `A request to ${verb.subject} may have ${verb.maxRequestBytes} bytes at most.`,
      );
    }
    const signed = signClientRequest(this.token, verb.subject, body, this.clock());
    const message = { body, headers: { [REQUEST_HEADER]: signed } };
    const answer = await this.requester.request(verb.subject, message, Math.min(timeoutMs, verb.timeoutMs));
    const value: unknown = parsed(answer.body);
    this.believe(verb.subject, signed, { answer, value });
    return readAnswer(verb, value);
  }

  private believe(
    subject: string,
    signed: string,
    { answer, value }: { answer: WireMessage; value: unknown },
  ): void {
    const jws = answer.headers[REPLY_HEADER] ?? '';
    try {
      verifyClientReply(this.token, { request: signed, body: answer.body, jws }, this.clock());
    } catch (cause) {
      // Policy can prove nothing to somebody whose key it does not know.
      const error = errorBodySchema.safeParse(value).data?.error;
      if (error?.code === 'UNAUTHENTICATED') throw new AppError(error.code, error.message, { cause });
      throw new AppError('UNAVAILABLE', `The answer to ${subject} is not proven to come from policy.`, {
        cause,
      });
    }
  }
}

/** Undefined for what is no JSON: no proven answer, and no error either. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';
import { checkResultSchema, type CheckItem, type CheckResult } from '../messages/policy-api.js';
import { decisionSchema, type CheckRequest, type Decision } from '../messages/policy.js';
import type { Secret } from '../sensitive/secret.js';
import type { CallOptions } from './verb-caller.js';

const TIMEOUT_MS = 3000;

const evaluationSchema = z.strictObject({
  decision: z.boolean(),
  context: z.record(z.string(), z.unknown()),
});
const evaluationsSchema = z.strictObject({ evaluations: z.array(evaluationSchema) });
type EvaluationReply = z.infer<typeof evaluationSchema>;

/**
 * The policy API over HTTP, as OpenID AuthZEN 1.0 has it. The token travels as a bearer token, so the URL has to be `https`
 * anywhere but on loopback: anything else is refused.
 *
 * Every method throws AppError: policy's own code when it refused, `DEADLINE_EXCEEDED` or `UNAVAILABLE` when there was no
 * answer that follows the contract. Whatever is thrown is a denial.
 */
export class AuthzenClient {
  private readonly base: string;

  /** @param url of the policy decision point, such as `https://policy.example:8443` */
  constructor(
    url: string,
    private readonly token: Secret,
  ) {
    const { protocol, hostname } = new URL(url);
    const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
    if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback)) {
      throw new AppError('FORBIDDEN_DESTINATION', 'A token is sent over https or to loopback only.');
    }
    this.base = url.replace(/\/$/, '');
  }

  /** Decides one question. */
  async check({ atLeastRevision, ...item }: CheckRequest, options?: CallOptions): Promise<Decision> {
    const reply = await this.post('evaluation', evaluationOf(item), { ...options, atLeastRevision });
    return decisionOf(parsed(evaluationSchema, reply));
  }

  /** Decides up to a hundred questions on one revision; one result for each, in their order. */
  async checkMany(
    { items, atLeastRevision }: { items: readonly CheckItem[]; atLeastRevision?: number },
    options?: CallOptions,
  ): Promise<CheckResult[]> {
    const body = { evaluations: items.map(evaluationOf) };
    const reply = await this.post('evaluations', body, { ...options, atLeastRevision });
    const { evaluations } = parsed(evaluationsSchema, reply);
    if (evaluations.length !== items.length) throw strange();
    return evaluations.map(resultOf);
  }

  private async post(
    path: string,
    body: object,
    { timeoutMs = TIMEOUT_MS, atLeastRevision }: CallOptions & { atLeastRevision?: number },
  ): Promise<unknown> {
    const response = await fetch(`${this.base}/access/v1/${path}`, {
      method: 'POST',
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${this.token.revealText()}`,
        'content-type': 'application/json',
        ...(atLeastRevision === undefined ? {} : { 'portcullis-at-least-revision': String(atLeastRevision) }),
      },
      body: JSON.stringify(body),
    }).catch((cause: unknown) => {
      const isLate = (cause as Error).name === 'TimeoutError';
      throw new AppError(isLate ? 'DEADLINE_EXCEEDED' : 'UNAVAILABLE', 'There was no answer from policy.', {
        cause,
      });
    });
    const text = await response.text().catch(() => '');
    if (response.status !== 200) throw refusalOf(response.headers.get('portcullis-error-code'), text);
    try {
      return JSON.parse(text);
    } catch {
      throw strange();
    }
  }
}

/** A question as AuthZEN asks it. */
const evaluationOf = ({
  principal,
  operation,
  server,
  tool,
  arguments: args,
  context,
}: CheckItem): object => ({
  subject: { type: 'user', id: principal },
  action: { name: operation },
  resource: {
    ...(tool === null ? { type: 'server', id: server } : { type: 'tool', id: `${server}/${tool}` }),
    ...(args === null ? {} : { properties: { arguments: args } }),
  },
  context,
});

/** Believed only when its two halves agree. */
function decisionOf({ decision, context }: EvaluationReply): Decision {
  const whole = parsed(decisionSchema, context);
  if (decision !== (whole.decision === 'allow')) throw strange();
  return whole;
}

function resultOf(reply: EvaluationReply): CheckResult {
  const { error } = reply.context as { error?: { code?: unknown; message?: unknown } };
  if (error === undefined || reply.decision) return { decision: decisionOf(reply) };
  return parsed(checkResultSchema, { error: { code: error.code, message: error.message } });
}

function refusalOf(code: string | null, message: string): AppError {
  const known = ERROR_CODES.find((one) => one === code) satisfies ErrorCode | undefined;
  return known === undefined ? strange() : new AppError(known, message);
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw strange(result.error);
}

const strange = (cause?: unknown): AppError =>
  new AppError('UNAVAILABLE', 'The answer does not follow the contract.', { cause });

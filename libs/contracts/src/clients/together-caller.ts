import { AppError } from '../errors/app-error.js';
import type { ManyReply, ManyRequest } from '../many.js';
import type { Verb } from '../verb.js';
import { Convoy } from './convoy.js';
import { readAnswer, type CallOptions, type VerbCalls } from './verb-caller.js';

/** Bounds of one message, below what `<verb>Many` takes. */
const MAX_ITEMS = 32;
const MAX_CHARACTERS = 400_000;

interface Waiting {
  request: unknown;
  resolve: (reply: never) => void;
  reject: (error: unknown) => void;
}

/**
 * Calls verbs as a {@link VerbCalls} does, and lets requests of a verb that has a `many` travel together when several
 * are asked at once. Each call is answered or refused by itself, with the same errors; a message that is lost is lost
 * for all that were in it.
 */
export class TogetherCaller implements VerbCalls {
  private readonly convoys = new Map<string, Convoy<Waiting>>();

  constructor(private readonly caller: VerbCalls) {}

  call<Request, Reply>(
    verb: Verb<Request, Reply>,
    request: Request,
    options: CallOptions = {},
  ): Promise<Reply> {
    const { many } = verb;
    // Whoever has less time than the others would have to wait for their limit.
    if (many === null || (options.timeoutMs ?? verb.timeoutMs) < verb.timeoutMs)
      return this.caller.call(verb, request, options);
    return new Promise<Reply>((resolve, reject) => {
      this.convoy(verb, many).add({ request, resolve, reject });
    });
  }

  private convoy<Request, Reply>(
    verb: Verb<Request, Reply>,
    many: Verb<ManyRequest, ManyReply>,
  ): Convoy<Waiting> {
    const known = this.convoys.get(verb.subject);
    if (known !== undefined) return known;
    const convoy = new Convoy<Waiting>({
      send: (group) => (group.length === 1 ? this.alone(verb, group) : this.together(verb, many, group)),
      sizeOf: ({ request }) => JSON.stringify(request).length,
      maxItems: MAX_ITEMS,
      maxSize: MAX_CHARACTERS,
    });
    this.convoys.set(verb.subject, convoy);
    return convoy;
  }

  private async alone<Request, Reply>(verb: Verb<Request, Reply>, group: Waiting[]): Promise<void> {
    const calls = group.map(({ request, resolve, reject }) =>
      this.caller.call(verb, request as Request).then(resolve as (reply: Reply) => void, reject),
    );
    await Promise.all(calls);
  }

  private async together<Request, Reply>(
    verb: Verb<Request, Reply>,
    many: Verb<ManyRequest, ManyReply>,
    group: Waiting[],
  ): Promise<void> {
    try {
      const requests = group.map(({ request }) => request);
      const { replies } = await this.caller.call(many, { requests });
      for (const [index, waiting] of group.entries()) settle(verb, waiting, replies[index]);
    } catch (error) {
      // Whatever makes the message as a whole unacceptable, is not everybody's fault.
      if (isRefusal(error)) await this.alone(verb, group);
      else for (const { reject } of group) reject(error);
    }
  }
}

function settle<Reply>(
  verb: Pick<Verb<never, Reply>, 'subject' | 'reply'>,
  waiting: Waiting,
  reply: unknown,
): void {
  try {
    waiting.resolve(readAnswer(verb, reply) as never);
  } catch (error) {
    waiting.reject(error);
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof AppError && ['INVALID_ARGUMENT', 'PAYLOAD_TOO_LARGE'].includes(error.code);

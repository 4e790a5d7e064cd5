import { AppError } from '../errors/app-error.js';
import type { Keyring } from '../trust/keyring.js';
import type { Verb } from '../verb.js';
import { REQUEST_HEADER, type EachRequester, type WireMessage } from './requester.js';
import { readAnswer, requireProven, signedRequest } from './verb-caller.js';

/** Asks every replica of a service: verbs with `everyReplica` only. */
export class EachCaller {
  constructor(
    private readonly requester: EachRequester,
    private readonly keyring: Keyring,
    private readonly clock: () => Date = () => new Date(),
  ) {}

  /**
   * What the replicas answered that did so in time. Answers that are not proven to be the callee's are as good as none;
   * so is a refusal, unless every answer is one.
   *
   * @param expected how many replicas there should be: when so many have answered nobody is waited for any more
   * @throws AppError the callee's, when all that answered refused; `UNAVAILABLE` when nobody can be asked
   */
  async call<Request, Reply>(
    verb: Verb<Request, Reply>,
    request: Request,
    expected: number,
  ): Promise<Reply[]> {
    const { body, token } = signedRequest(this.keyring, verb, request);
    const message = { body, headers: { [REQUEST_HEADER]: token } };
    const limits = { expected, timeoutMs: verb.timeoutMs };
    const answers = await this.requester.requestEach(verb.subject, message, limits);
    const read = answers.map((answer) => this.read(verb, token, answer));
    const replies = read.flatMap((one) => (one instanceof AppError ? [] : [one]));
    const refusal = read.find((one) => one instanceof AppError);
    if (replies.length === 0 && refusal !== undefined) throw refusal;
    return replies;
  }

  private read<Reply>(
    verb: Pick<Verb<never, Reply>, 'subject' | 'callee' | 'reply'>,
    token: string,
    answer: WireMessage,
  ): Reply | AppError {
    try {
      requireProven(this.keyring, verb, { token, answer, now: this.clock() });
      return readAnswer(verb, JSON.parse(Buffer.from(answer.body).toString('utf8')));
    } catch (thrown) {
      if (thrown instanceof AppError) return thrown;
      throw thrown;
    }
  }
}

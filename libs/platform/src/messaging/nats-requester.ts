import { AppError, type EachRequester, type Requester, type WireMessage } from '@portcullis/contracts';
import {
  headers as createHeaders,
  NoRespondersError,
  RequestError,
  TimeoutError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from '@nats-io/transport-node';

/** {@link Requester} and {@link EachRequester} over one NATS connection. */
export class NatsRequester implements Requester, EachRequester {
  constructor(private readonly connection: NatsConnection) {}

  async request(subject: string, message: WireMessage, timeoutMs: number): Promise<WireMessage> {
    const headers = toHeaders(message);
    try {
      return toWire(await this.connection.request(subject, message.body, { timeout: timeoutMs, headers }));
    } catch (cause) {
      throw translate(subject, timeoutMs, cause);
    }
  }

  async requestEach(
    subject: string,
    message: WireMessage,
    { expected, timeoutMs }: { expected: number; timeoutMs: number },
  ): Promise<WireMessage[]> {
    const answers: WireMessage[] = [];
    if (expected < 1) return answers;
    const limits = { strategy: 'count', maxMessages: expected, maxWait: timeoutMs } as const;
    try {
      const options = { ...limits, headers: toHeaders(message) };
      const messages = await this.connection.requestMany(subject, message.body, options);
      for await (const answer of messages) answers.push(toWire(answer));
    } catch (cause) {
      if (!isWithoutResponders(cause)) throw translate(subject, timeoutMs, cause);
    }
    return answers;
  }
}

function toHeaders(message: WireMessage): MsgHdrs {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(message.headers)) headers.set(name, value);
  return headers;
}

const isWithoutResponders = (cause: unknown): boolean =>
  cause instanceof NoRespondersError || (cause instanceof RequestError && cause.isNoResponders());

function toWire(message: Msg): WireMessage {
  const headers: Record<string, string> = {};
  for (const name of message.headers?.keys() ?? []) headers[name] = message.headers?.get(name) ?? '';
  return { body: message.data, headers };
}

function translate(subject: string, timeoutMs: number, cause: unknown): AppError {
  if (cause instanceof TimeoutError || (cause as Error).cause instanceof TimeoutError) {
    return new AppError('DEADLINE_EXCEEDED', `${subject} gave no answer within ${timeoutMs} ms.`, { cause });
  }
  if (isWithoutResponders(cause)) {
    return new AppError('UNAVAILABLE', `Nobody serves ${subject} at the moment.`, { cause });
  }
  return new AppError('UNAVAILABLE', `${subject} can not be reached.`, { cause });
}

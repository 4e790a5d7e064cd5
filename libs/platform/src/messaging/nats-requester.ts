import { AppError, type Requester, type WireMessage } from '@portcullis/contracts';
import {
  headers as createHeaders,
  NoRespondersError,
  RequestError,
  TimeoutError,
  type Msg,
  type NatsConnection,
} from '@nats-io/transport-node';

/** {@link Requester} over one NATS connection. */
export class NatsRequester implements Requester {
  constructor(private readonly connection: NatsConnection) {}

  async request(subject: string, message: WireMessage, timeoutMs: number): Promise<WireMessage> {
    const headers = createHeaders();
    for (const [name, value] of Object.entries(message.headers)) headers.set(name, value);
    try {
      return toWire(await this.connection.request(subject, message.body, { timeout: timeoutMs, headers }));
    } catch (cause) {
      throw translate(subject, timeoutMs, cause);
    }
  }
}

function toWire(message: Msg): WireMessage {
  const headers: Record<string, string> = {};
  for (const name of message.headers?.keys() ?? []) headers[name] = message.headers?.get(name) ?? '';
  return { body: message.data, headers };
}

function translate(subject: string, timeoutMs: number, cause: unknown): AppError {
  if (cause instanceof TimeoutError || (cause as Error).cause instanceof TimeoutError) {
    return new AppError('DEADLINE_EXCEEDED', `${subject} gave no answer within ${timeoutMs} ms.`, { cause });
  }
  if (cause instanceof NoRespondersError || (cause instanceof RequestError && cause.isNoResponders())) {
    return new AppError('UNAVAILABLE', `Nobody serves ${subject} at the moment.`, { cause });
  }
  return new AppError('UNAVAILABLE', `${subject} can not be reached.`, { cause });
}

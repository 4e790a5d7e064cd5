import { AppError, REPLY_HEADER } from '@portcullis/contracts';
import { headers as createHeaders, type Msg } from '@nats-io/transport-node';
import type { AnyVerb } from './caller-authenticator.js';

/** How errors name it. */
export const requestTo = (verb: AnyVerb): string => `The request to ${verb.subject}`;

export const tooLarge = (verb: AnyVerb): AppError =>
  new AppError(
    'PAYLOAD_TOO_LARGE',
    `A request to ${verb.subject} may have ${verb.maxRequestBytes} bytes at most.`,
  );

export const answerTooLarge = (verb: AnyVerb): AppError =>
  new AppError('PAYLOAD_TOO_LARGE', `The answer of ${verb.subject} is larger than one message may be.`);

/** Sends an answer, with the token that proves it where the caller is known. */
export function respond(message: Msg, answer: Buffer, replyToken: string | undefined): void {
  if (replyToken === undefined) {
    message.respond(answer);
    return;
  }
  const headers = createHeaders();
  headers.set(REPLY_HEADER, replyToken);
  message.respond(answer, { headers });
}

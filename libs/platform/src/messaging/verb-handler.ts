import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import type { Verb } from '@portcullis/contracts';
import type { Caller } from './caller-authenticator.js';

/** Second argument of a handler. */
export interface VerbContext {
  readonly caller: Caller;
}

/**
 * Marks a controller's method as the handler of a verb: `(request, context: VerbContext) => reply`, by position. The
 * request has been authenticated and validated; what is thrown as AppError becomes the error answer.
 */
export const ServesVerb =
  <Request, Reply>(verb: Verb<Request, Reply>): MethodDecorator =>
  (target, method, descriptor) => {
    // Nest passes the payload alone unless both parameters are marked.
    Payload()(target, method, 0);
    Ctx()(target, method, 1);
    return MessagePattern(verb.subject, { verb })(target, method, descriptor);
  };

import { MessagePattern } from '@nestjs/microservices';
import type { Verb } from '@portcullis/contracts';
import type { Caller } from './caller-authenticator.js';

/** Second argument of a handler: `@Ctx()` is not needed, it is passed by position. */
export interface VerbContext {
  readonly caller: Caller;
}

/**
 * Marks a controller's method as the handler of a verb: `(request, context) => reply`. The request has been
 * authenticated and validated; what is thrown as AppError becomes the error answer.
 */
export const ServesVerb = <Request, Reply>(verb: Verb<Request, Reply>): MethodDecorator =>
  MessagePattern(verb.subject, { verb });

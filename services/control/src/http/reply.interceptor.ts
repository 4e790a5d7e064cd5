import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import type { RouteSpec } from './route.js';
import { ROUTE } from './serves.js';

/**
 * Whatever leaves was published: an answer is checked against the schema of its route, and one with a field that is not
 * in it (a hash, a row that grew) becomes an internal error instead of an answer.
 */
export class ReplyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const spec = this.reflector.get<RouteSpec | undefined>(ROUTE, context.getHandler());
    const schema = spec?.reply.schema;
    if (schema === undefined) return next.handle();
    return next.handle().pipe(map((value: unknown) => schema.parse(value)));
  }
}

import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { AppError } from '@portcullis/contracts';
import type { Logger } from '@portcullis/platform';
import { mergeMap, type Observable } from 'rxjs';
import type { RouteSpec } from '../http/route.js';
import { ROUTE, type CheckedRequest } from '../http/serves.js';
import type { Barrier } from './barrier.js';

/**
 * The one place where answers pass the barrier: no change of the admin API is answered with 2xx before it is in force on
 * every replica that serves. Whatever is not a GET is a change, of the organisation of whoever asks, or of the one that
 * it has founded.
 */
export class BarrierInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly barrier: Barrier,
    private readonly logger: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const spec = this.reflector.get<RouteSpec | undefined>(ROUTE, context.getHandler());
    if (spec === undefined || spec.method === 'GET' || spec.asks === true) return next.handle();
    const request = context.switchToHttp().getRequest<CheckedRequest>();
    return next.handle().pipe(
      mergeMap(async (reply: unknown) => {
        await this.pass(spec, request, reply);
        return reply;
      }),
    );
  }

  private async pass(spec: RouteSpec, request: CheckedRequest, reply: unknown): Promise<void> {
    if (spec.founds === true) return this.passFounded((reply as { organisation: string }).organisation);
    const org = request.asked?.admin?.principal.org;
    if (org === undefined) throw new AppError('INTERNAL', 'A change is of no organisation.');
    await this.barrier.pass(org);
  }

  /**
   * Nobody holds anything older of an organisation that did not exist, so an answer without confirmation promises too
   * little to matter. An error would lose the founder's key, which exists in this answer only.
   */
  private async passFounded(org: string): Promise<void> {
    await this.barrier
      .pass(org)
      .catch((err: unknown) =>
        this.logger.warn({ err, org }, 'a new organisation is not confirmed everywhere'),
      );
  }
}

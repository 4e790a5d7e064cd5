import {
  applyDecorators,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  Put,
  SetMetadata,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Asked, RouteSpec } from './route.js';

export const ROUTE = Symbol('route');

const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

/** Serves a route of the admin API with this method of a controller. */
export const Serves = (spec: RouteSpec): MethodDecorator =>
  applyDecorators(METHODS[spec.method](spec.path), HttpCode(spec.reply.status), SetMetadata(ROUTE, spec));

/** A request with what the guard has checked of it. */
export interface CheckedRequest extends FastifyRequest {
  asked?: Asked<RouteSpec>;
}

/** The checked request: `@AskedFor() asked: Asked<typeof ROUTE>`. */
export const AskedFor = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const { asked } = context.switchToHttp().getRequest<CheckedRequest>();
  if (asked === undefined) throw new Error('A handler was reached without the guard of the admin API.');
  return asked;
});

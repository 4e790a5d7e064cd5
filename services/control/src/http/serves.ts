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
import type { Secret } from '@portcullis/contracts';
import type { FastifyRequest } from 'fastify';
import type { Asked, RouteSpec } from './route.js';

export const ROUTE = Symbol('route');

const METHODS = { GET: Get, POST: Post, PUT: Put, PATCH: Patch, DELETE: Delete } as const;

/** Serves a route of the admin API with this method of a controller. */
export const Serves = (spec: RouteSpec): MethodDecorator =>
  applyDecorators(METHODS[spec.method](spec.path), HttpCode(spec.reply.status), SetMetadata(ROUTE, spec));

/** The bearer token of a request and whom failures with it are counted against. */
export interface Presented {
  readonly token: Secret;
  readonly source: string;
}

/** A request with what the guard has checked of it. */
export interface CheckedRequest extends FastifyRequest {
  asked?: Asked<RouteSpec>;
  /** Only where the route itself judges the token. */
  presented?: Presented;
}

function checked<K extends 'asked' | 'presented'>(context: ExecutionContext, part: K): NonNullable<CheckedRequest[K]> {
  const value = context.switchToHttp().getRequest<CheckedRequest>()[part];
  if (value === undefined) throw new Error(`A handler was reached without ${part}: the guard did not run.`);
  return value;
}

/** The checked request: `@AskedFor() asked: Asked<typeof ROUTE>`. */
export const AskedFor = createParamDecorator((_: unknown, context: ExecutionContext) => checked(context, 'asked'));

/** The token, for the one route whose token is no key. */
export const PresentedToken = createParamDecorator((_: unknown, context: ExecutionContext) =>
  checked(context, 'presented'),
);

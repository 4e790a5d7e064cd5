import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { AppError, toProblem, type ErrorCode } from '@portcullis/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseAway } from '../database/database-away.js';
import type { Logger } from '../logging/logger.js';

const CODE_OF_STATUS: Record<number, ErrorCode> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
};

/** Every error of an HTTP face as RFC 9457 problem details; what is unknown is logged once and shown as a fixed text. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const error = translate(thrown);
    const path = request.url.split('?')[0];
    if (!(error instanceof AppError) || error.code === 'INTERNAL') {
      this.logger.error({ err: thrown, path }, 'request failed');
    } else if (error.code === 'UNAVAILABLE' && !(thrown instanceof AppError)) {
      this.logger.warn({ err: thrown, path }, 'the database is not available');
    }
    const problem = toProblem(error, path);
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="portcullis"');
    void reply.status(problem.status).type('application/problem+json').send(problem);
  }
}

/** Errors of the HTTP framework itself: unknown route, broken JSON, body too large. */
function translate(thrown: unknown): unknown {
  if (thrown instanceof HttpException) {
    const code = CODE_OF_STATUS[thrown.getStatus()];
    return code === undefined ? thrown : new AppError(code, thrown.message, { cause: thrown });
  }
  const away = databaseAway(thrown);
  if (away !== undefined) return away;
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  const code = typeof status === 'number' ? CODE_OF_STATUS[status] : undefined;
  return code === undefined ? thrown : new AppError(code, (thrown as Error).message, { cause: thrown });
}

import { newId } from '@portcullis/contracts';
import { withCorrelation, type IncomingTrace, type Telemetry } from '@portcullis/platform';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** The route's pattern, never what stands in its place: a closed set, without anybody's ids. */
const routeOf = (request: FastifyRequest): string => request.routeOptions.url ?? 'unknown';

/**
 * Gives every request its correlation id, counts and measures it, and traces it while tracing is on. Everything that
 * comes after belongs to it.
 */
export function observeRequests(
  app: NestFastifyApplication,
  { metrics, tracer }: Telemetry,
  use: IncomingTrace['use'],
): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const total = metrics.counter({
    name: 'portcullis_admin_requests_total',
    help: 'Requests to the HTTP API of control, by route and status.',
    labels: ['method', 'route', 'status'],
  });
  const seconds = metrics.histogram({
    name: 'portcullis_admin_request_seconds',
    help: 'Requests to the HTTP API of control: duration.',
    labels: ['route'],
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    withCorrelation({ correlationId: newId() }, () => {
      if (!tracer.on) return done();
      const header = request.headers['traceparent'];
      const incoming = { header: typeof header === 'string' ? header : undefined, use };
      const attributes = { 'portcullis.operation': routeOf(request) };
      void tracer.run({ name: 'admin request', kind: 'server', incoming, attributes }, () => {
        done();
        return ended(reply);
      });
    });
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request);
    total.inc({ method: request.method, route, status: String(reply.statusCode) });
    seconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });
}

const ended = ({ raw }: FastifyReply): Promise<void> => new Promise((resolve) => raw.once('close', resolve));

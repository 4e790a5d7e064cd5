import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from '../telemetry/metrics.js';
import type { Readiness } from './readiness.js';

export interface HealthAddress {
  HTTP_HOST: string;
  /** 0 = any free one. */
  HTTP_PORT: number;
}

/**
 * For operators, never for clients: `GET /health/live` (the process answers), `GET /health/ready` (it can serve a call)
 * and `GET /metrics`.
 */
export function startHealthServer(
  address: HealthAddress,
  readiness: () => Promise<Readiness>,
  metrics: Metrics,
): Promise<Server> {
  publishReadiness(metrics, readiness);
  const server = createServer((request, response) => {
    const path = request.method === 'GET' ? request.url?.split('?')[0] : undefined;
    if (path === '/health/live') answer(response, 200, { live: true });
    else if (path === '/health/ready')
      void readiness().then((state) => answer(response, state.ready ? 200 : 503, state));
    else if (path === '/metrics') void answerMetrics(response, metrics);
    else answer(response, 404, { error: 'not found' });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.HTTP_PORT, address.HTTP_HOST, () => resolve(server));
  });
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** A check that hangs makes a scrape wait for its deadline, so whoever scrapes sees the same truth as a probe. */
function publishReadiness(metrics: Metrics, readiness: () => Promise<Readiness>): void {
  metrics.observed(
    { name: 'portcullis_ready', help: '1 if the service can serve a call, 0 if not; degraded is 1.' },
    async () => Number((await readiness()).ready),
  );
  metrics.observedBy(
    {
      name: 'portcullis_check_ok',
      help: '1 for each readiness check that passes, 0 for one that fails.',
      label: 'check',
    },
    async () => (await readiness()).checks.map(({ name, ok }) => [name, Number(ok)]),
  );
}

async function answerMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  const text = await metrics.text().catch(() => undefined);
  if (text === undefined) return answer(response, 500, { error: 'the metrics can not be read' });
  response.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' });
  response.end(text);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

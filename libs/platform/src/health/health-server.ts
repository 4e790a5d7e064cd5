import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@portcullis/contracts';

/**
 * One thing that has to work for the service to serve: rejects when it does not. Whoever asks is nobody in particular, so
 * only an AppError's message is shown as the reason: a driver's own may name hosts, accounts and files.
 */
export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<void>;
}

/** A check that hangs counts as failed after this many milliseconds. */
const CHECK_TIMEOUT_MS = 2000;

/** Runs all checks at once. `ready` only when every one passes. */
export async function readiness(checks: readonly ReadinessCheck[]) {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      const problem = await settle(check);
      return problem === null ? { name, ok: true } : { name, ok: false, problem };
    }),
  );
  return { ready: results.every((result) => result.ok), checks: results };
}

async function settle(check: () => Promise<void>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  });
  const outcome = check().then(
    () => null,
    (error: unknown) => (error instanceof AppError ? error.message : 'failed'),
  );
  const first = await Promise.race([outcome, late]);
  clearTimeout(timer);
  return first;
}

/** `GET /health/live` (the process answers) and `GET /health/ready` (it can serve a call), for services without HTTP. */
export function startHealthServer(
  host: string,
  port: number,
  checks: readonly ReadinessCheck[],
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0];
    if (path === '/health/live') answer(response, 200, { live: true });
    else if (path === '/health/ready')
      void readiness(checks).then((state) => answer(response, state.ready ? 200 : 503, state));
    else answer(response, 404, { error: 'not found' });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

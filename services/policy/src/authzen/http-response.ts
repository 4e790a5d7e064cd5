import type { ServerResponse } from 'node:http';
import { ERROR_TABLE, toErrorBody } from '@portcullis/contracts';

/** Header with our own code, since several share one status. */
export const ERROR_CODE_HEADER = 'portcullis-error-code';

export function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

/** The body of an error is its message (section 10.1 of the specification); what is unknown is a fixed text. */
export function refuse(response: ServerResponse, thrown: unknown): void {
  const { code, message } = toErrorBody(thrown).error;
  const status = code === 'METHOD_NOT_FOUND' ? 405 : ERROR_TABLE[code].http;
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    [ERROR_CODE_HEADER]: code,
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    // What is still to come of a refused body is not worth a connection.
    connection: 'close',
  });
  response.end(message);
}

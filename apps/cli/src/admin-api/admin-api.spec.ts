import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { AdminApi, AdminApiError, NOT_YET, NOT_YET_OR_UNKNOWN, repeatedWhile } from './admin-api.js';

let server: Server;
let api: AdminApi;
/** Codes of the next answers; then it is well. */
let refusals: string[];
let asked: number;

beforeAll(async () => {
  server = createServer((_request, response) => {
    asked += 1;
    const code = refusals.shift();
    const body = code === undefined ? { well: true } : { code, detail: `refused: ${code}` };
    response.writeHead(code === undefined ? 200 : 503).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = new AdminApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'a-key');
});
beforeEach(() => {
  refusals = [];
  asked = 0;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

const call = () => api.call({ method: 'GET', path: '/api/x', reply: z.object({ well: z.boolean() }) });

describe('work that is repeated', () => {
  it('ends well once every part is there', async () => {
    refusals = ['UNAVAILABLE', 'AUDIT_UNAVAILABLE'];
    await expect(repeatedWhile(NOT_YET, 5000, call)).resolves.toEqual({ well: true });
    expect(asked).toBe(3);
  });

  it.each(['DEADLINE_EXCEEDED', 'UNCONFIRMED'])(
    'goes on after %s only where it may be done twice',
    async (code) => {
      refusals = [code];
      await expect(repeatedWhile(NOT_YET, 5000, call)).rejects.toMatchObject({ code });
      refusals = [code];
      await expect(repeatedWhile(NOT_YET_OR_UNKNOWN, 5000, call)).resolves.toEqual({ well: true });
    },
  );

  it('ends with what the API says when it is refused for good, or for too long', async () => {
    refusals = ['FORBIDDEN'];
    await expect(repeatedWhile(NOT_YET_OR_UNKNOWN, 5000, call)).rejects.toThrow(AdminApiError);
    refusals = Array.from({ length: 99 }, () => 'UNAVAILABLE');
    await expect(repeatedWhile(NOT_YET, 300, call)).rejects.toThrow('refused: UNAVAILABLE');
  });
});

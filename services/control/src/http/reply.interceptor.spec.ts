import { describe, expect, it } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { lastValueFrom, of } from 'rxjs';
import { z } from 'zod';
import { verifies } from '../../../../tools/verifies.js';
import { ReplyInterceptor } from './reply.interceptor.js';
import { route } from './route.js';
import { ROUTE } from './serves.js';

const SPEC = route({
  id: 'test',
  method: 'GET',
  path: '/api/keys',
  tag: 'test',
  summary: 'Test',
  access: { kind: 'public' },
  reply: {
    status: 200,
    description: 'keys',
    schema: z.strictObject({ keys: z.array(z.strictObject({ key: z.string() })) }),
  },
});

function answer(value: unknown): Promise<unknown> {
  const handler = (): void => undefined;
  Reflect.defineMetadata(ROUTE, SPEC, handler);
  const context = { getHandler: () => handler } as unknown as ExecutionContext;
  return lastValueFrom(new ReplyInterceptor(new Reflector()).intercept(context, { handle: () => of(value) }));
}

describe('an answer', () => {
  it('leaves when it is what was published', async () => {
    await expect(answer({ keys: [{ key: 'k' }] })).resolves.toEqual({ keys: [{ key: 'k' }] });
  });

  it('does not leave with a field that was not: a hash in a row that slipped through stays inside', async () => {
    verifies('H4', 'S2');
    await expect(answer({ keys: [{ key: 'k', hash: '$argon2id$…' }] })).rejects.toThrow();
    await expect(answer({ keys: [], note: 'x' })).rejects.toThrow();
  });
});

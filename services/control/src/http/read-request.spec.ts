import { describe, expect, it } from '@jest/globals';
import type { AppError } from '@portcullis/contracts';
import { z } from 'zod';
import { readRequest, type RawRequest } from './read-request.js';
import { route } from './route.js';

const SPEC = route({
  id: 'test',
  method: 'PUT',
  path: '/api/things/:thing',
  tag: 'test',
  summary: 'Test',
  access: { kind: 'public' },
  params: z.strictObject({ thing: z.string().max(5) }),
  body: z.strictObject({ name: z.string(), inner: z.strictObject({ n: z.int() }).optional() }),
  reply: { status: 204, description: 'done' },
});
const GOOD: RawRequest = { params: { thing: 'a' }, query: {}, body: { name: 'x' } };

const faultsOf = (raw: RawRequest): unknown => {
  try {
    readRequest(SPEC, raw);
    return null;
  } catch (thrown) {
    return (thrown as AppError).details?.['faults'];
  }
};

describe('readRequest', () => {
  it('gives what the specification names', () => {
    expect(readRequest(SPEC, GOOD)).toEqual({
      params: { thing: 'a' },
      query: undefined,
      body: { name: 'x' },
    });
  });

  it.each([
    { raw: { ...GOOD, body: { name: 'x', admin: true } }, where: ['body.admin'] },
    {
      raw: { ...GOOD, body: { name: 'x', inner: { n: 1, m: 2, o: 3 } } },
      where: ['body.inner.m', 'body.inner.o'],
    },
    { raw: { ...GOOD, body: { name: 1 } }, where: ['body.name'] },
    { raw: { ...GOOD, body: undefined }, where: ['body'] },
    { raw: { ...GOOD, body: [] }, where: ['body'] },
    { raw: { ...GOOD, query: { limit: '1' } }, where: ['query'] },
    { raw: { ...GOOD, params: { thing: 'too long' }, body: {} }, where: ['params.thing', 'body.name'] },
  ])('says where: $where', ({ raw, where }) => {
    expect(faultsOf(raw)).toEqual(where.map((at) => ({ where: at, what: expect.any(String) })));
  });

  it('never repeats a value', () => {
    expect(JSON.stringify(faultsOf({ ...GOOD, body: { name: { secret: 'hunter2' } } }))).not.toContain(
      'hunter2',
    );
  });
});

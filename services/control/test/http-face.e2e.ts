import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ERROR_TABLE, generateApiKey } from '@portcullis/contracts';
import { errorsOf } from '../src/http/openapi.js';
import { ROUTES } from '../src/http/routes.js';
import { verifies } from '../../../tools/verifies.js';
import { bootstrap, startFixture, type ControlFixture, type Tenant } from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
  // From here on the key is known, so that the bad ones of these tests don't lock it out.
  await fixture.api('GET', '/api/organisations', { key: home.key });
}, 60_000);
afterAll(() => fixture?.stop());

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** With exactly these headers: fetch would not send a foreign Host or Origin. */
function raw(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${fixture.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

const good = (): Record<string, string> => ({ authorization: `Bearer ${home.key}` });
const json = (): Record<string, string> => ({ ...good(), 'content-type': 'application/json' });

describe('authentication', () => {
  it('is needed by every route that is not public: no key, no answer but 401', async () => {
    verifies('D3');
    const guarded = ROUTES.filter(({ access }) => access.kind !== 'public');
    expect(guarded.length).toBeGreaterThan(35);
    for (const { method, path } of guarded) {
      for (const authorization of [
        '',
        'Basic YTpi',
        'Bearer',
        'Bearer pcl_x',
        `Bearer ${generateApiKey().key.revealText()}`,
      ]) {
        const { status, headers } = await raw(method, path.replaceAll(/:[a-z]+/g, 'x'), {
          'content-type': 'application/json',
          authorization,
        });
        // Guessing is limited, and says so instead.
        expect([path, [401, 429].includes(status)]).toEqual([path, true]);
        if (status === 401) expect(headers['www-authenticate']).toContain('Bearer');
      }
    }
  });

  it('believes no header about organisation, user or address', async () => {
    const headers = {
      ...good(),
      'x-org-id': 'other',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'attacker.example',
    };
    const { status, body } = await raw('GET', '/api/organisations', headers);
    expect([status, JSON.parse(body).organisations[0].organisation]).toEqual([200, home.org]);
  });
});

describe('pages of other sites', () => {
  it.each([
    ['a re-pointed host name', { host: 'attacker.example' }, 403],
    ['another origin', { origin: 'https://attacker.example' }, 403],
    ['an opaque origin', { origin: 'null' }, 403],
    ['a cross-site request', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('reach nothing: %s', async (_name, headers, expected) => {
    const { status, body } = await raw('GET', '/api/organisations', { ...good(), ...headers });
    expect(status).toBe(expected);
    expect(body).not.toContain(home.org);
    expect((await raw('GET', '/api/unknown', headers)).status).toBe(expected);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'can not write with a %s body',
    async (type) => {
      const { status, body } = await raw(
        'POST',
        '/api/users',
        { ...good(), 'content-type': type },
        '{"name":"x"}',
      );
      expect([status, JSON.parse(body).code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it('get no permission to read across origins', async () => {
    const preflight = await raw('OPTIONS', '/api/users', {
      origin: 'https://attacker.example',
      'access-control-request-method': 'POST',
    });
    expect(preflight.status).toBe(403);
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('find every answer closed to framing, sniffing and caching', async () => {
    for (const path of ['/api/organisations', '/api/unknown', '/api/openapi.json']) {
      const { headers } = await raw('GET', path, good());
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      });
    }
  });
});

describe('requests', () => {
  it.each([
    ['an unknown field', '{"name":"x","role":"admin"}', 'body.role'],
    ['a missing field', '{}', 'body.name'],
    ['a wrong type', '{"name":7}', 'body.name'],
    ['a control character', '{"name":"a\\u0007b"}', 'body.name'],
    ['a line of its own', '{"name":"a\\nb"}', 'body.name'],
  ])('with %s are refused, saying where', async (_name, body, where) => {
    const answer = await raw('POST', '/api/users', json(), body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(JSON.parse(answer.body).details.faults[0].where).toBe(where);
  });

  it.each([
    ['broken JSON', '{"name":', 400],
    ['a duplicate key', '{"name":"a","name":"b"}', 400],
    ['a prototype key', '{"__proto__":{"name":"a"}}', 400],
    ['nothing', '', 400],
    ['too much', `{"name":"${'x'.repeat(700_000)}"}`, 413],
  ])('of %s are refused as problems', async (_name, body, status) => {
    const answer = await raw('POST', '/api/users', json(), body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({
      status,
      code: expect.any(String),
      type: expect.stringContaining('urn:'),
    });
  });

  it('to unknown routes and methods are problems too', async () => {
    for (const [method, path] of [
      ['GET', '/api/nothing'],
      ['DELETE', '/api/users'],
      ['HEAD', '/api/users'],
      ['GET', '/'],
    ] as const) {
      expect([path, (await raw(method, path, json())).status]).toEqual([path, 404]);
    }
  });
});

describe('the OpenAPI document', () => {
  it('has exactly the routes that are served, each with its errors and its security', async () => {
    const { status, body: document } = await fixture.api('GET', '/api/openapi.json');
    expect(status).toBe(200);
    expect(document.openapi).toBe('3.1.0');
    const published = Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = fixture.control
      .routes()
      .map(({ method, path }) => `${method} ${path.replaceAll(/:([a-z]+)/g, '{$1}')}`);
    expect(published.sort()).toEqual(served.sort());
    for (const spec of ROUTES) {
      const path = spec.path.replaceAll(/:([a-z]+)/g, '{$1}');
      const operation = document.paths[path][spec.method.toLowerCase()];
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([
          String(spec.reply.status),
          ...errorsOf(spec).map((code) => String(ERROR_TABLE[code].http)),
        ]),
      );
      expect(operation.security.length).toBe(spec.access.kind === 'public' ? 0 : 1);
      expect(operation.summary.length).toBeGreaterThan(5);
    }
  });

  it('refers only to what is in it, and describes bodies as closed objects', async () => {
    const { body: document } = await fixture.api('GET', '/api/openapi.json');
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    expect(references.length).toBeGreaterThan(30);
    for (const reference of references) {
      expect([
        reference,
        Object.hasOwn(document.components.schemas, reference.replace('#/components/schemas/', '')),
      ]).toEqual([reference, true]);
    }
    expect(document.paths['/api/users'].post.requestBody.content['application/json'].schema).toMatchObject({
      type: 'object',
      required: ['name'],
      additionalProperties: false,
    });
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['User', 'Key', 'Server', 'Rule', 'Policy', 'Problem']),
    );
    expect(text).not.toContain('argon2');
  });
});

describe('health', () => {
  it('answers whoever asks, whatever the host', async () => {
    expect(await raw('GET', '/health/live', { host: '10.1.2.3' })).toMatchObject({
      status: 200,
      body: '{"live":true}',
    });
    const ready = await raw('GET', '/health/ready', { host: '10.1.2.3' });
    expect(ready.status).toBe(200);
    const { checks } = JSON.parse(ready.body) as { checks: { name: string; degrades?: boolean }[] };
    // Peers that are away leave it able to serve.
    expect(checks.filter(({ degrades }) => degrades !== true)).toEqual([
      { name: 'postgres', ok: true },
      { name: 'nats', ok: true },
    ]);
    expect(checks.filter(({ degrades }) => degrades).map(({ name }) => name)).toEqual([
      'policy',
      'audit',
      'vault',
    ]);
  });
});

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { VERBS } from '@portcullis/contracts';
import { eventually } from '@portcullis/platform/testing';
import { bootstrap, startFixture, type ControlFixture, type Tenant } from './control-fixture.js';

let fixture: ControlFixture;
let home: Tenant;

beforeAll(async () => {
  fixture = await startFixture();
  home = await bootstrap(fixture);
}, 60_000);
afterAll(() => fixture?.stop());

const servers = () => fixture.gateway.call(VERBS.directory, { org: home.org });
const users = () => fixture.api('GET', '/api/users', { key: home.key });

it('says that it is not available while its database is away, on every transport, and heals by itself', async () => {
  expect(await servers()).toEqual({ servers: [] });
  fixture.postgres.server.process.kill('SIGINT');
  await eventually(() => expect(servers()).rejects.toMatchObject({ code: 'UNAVAILABLE' }), {
    deadlineMs: 10_000,
  });
  expect(await users()).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });

  await fixture.postgres.restart();
  await eventually(async () => expect(await servers()).toEqual({ servers: [] }), { deadlineMs: 10_000 });
  await eventually(async () => expect((await users()).status).toBe(200), { deadlineMs: 10_000 });
}, 60_000);

import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { generateApiKey } from '@portcullis/contracts';
import { request, startFixture, type ControlFixture } from './control-fixture.js';

let fixture: ControlFixture;
beforeAll(async () => {
  fixture = await startFixture();
}, 60_000);
afterAll(() => fixture?.stop());

/** How a wrong key that comes from there is answered. */
async function guess(url: string, forwarded: string): Promise<number> {
  const options = { key: generateApiKey().key.revealText(), headers: { 'x-forwarded-for': forwarded } };
  return (await request(url, 'GET', '/api/organisations', options)).status;
}

const MOST_GUESSES = 40;

/** Guesses until it is told that it has guessed too often; false if that never comes. */
async function isStopped(url: string, forwarded: (attempt: number) => string): Promise<boolean> {
  for (let attempt = 0; attempt < MOST_GUESSES; attempt += 1)
    if ((await guess(url, forwarded(attempt))) === 429) return true;
  return false;
}

it('counts the guesses of one client once it trusts the proxy, and of others apart', async () => {
  const { url } = await fixture.startReplica({ TRUSTED_PROXIES: '127.0.0.1' });
  expect(await isStopped(url, () => '198.51.100.1')).toBe(true);
  expect(await guess(url, '198.51.100.2')).toBe(401);
  // What the client had written itself stands to the left of what the proxy adds.
  expect(await guess(url, '198.51.100.2, 198.51.100.1')).toBe(429);
}, 60_000);

it('can not be led away from whom it counts against by a header, when it trusts nobody', async () => {
  const { url } = await fixture.startReplica();
  expect(await isStopped(url, (attempt) => `198.51.100.${attempt}`)).toBe(true);
}, 60_000);

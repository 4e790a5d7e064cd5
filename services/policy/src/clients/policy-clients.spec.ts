import { describe, expect, it } from '@jest/globals';
import { issueClientToken, newId, Secret, signClientRequest, verifyClientReply } from '@portcullis/contracts';
import { initialState, Snapshot, type PolicyState } from '@portcullis/policy-engine';
import { verifies } from '../../../../tools/verifies.js';
import { organisationKey } from '../keys/organisation-key.js';
import { PolicyClients } from './policy-clients.js';

const ROOT = Secret.of(Buffer.alloc(32, 7));
const NOW = new Date('2026-06-01T12:00:00.000Z');
const CLIENT = newId();

/** Organisations with their policy clients, as a replica knows them. */
class Organisations {
  readonly #states = new Map<string, PolicyState>();
  readonly clients = new PolicyClients(this as never, ROOT, () => NOW);

  set(org: string, client: string, generation: number, active = true): void {
    const entry = { client, name: 'tool', since: '', generation, active, addedBy: newId() };
    this.#states.set(org, { ...initialState, org, clients: new Map([[client, entry]]) });
  }

  organisations = (): string[] => [...this.#states.keys()];
  view = (org: string) => ({
    snapshot: new Snapshot(this.#states.get(org) ?? initialState, 1),
    broken: null,
  });
}

const tokenOf = (org: string, generation: number): Secret =>
  issueClientToken(organisationKey(ROOT, 'policy-clients', org), CLIENT, generation);
const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' });

describe('a policy client', () => {
  verifies('B3');
  const subject = 'policy.v1.check';
  const body = Buffer.from('{}');

  it('is of the organisation whose key its token is from, wherever it was seen before', () => {
    const organisations = new Organisations();
    const [one, two] = [newId(), newId()];
    organisations.set(one, CLIENT, 1);
    organisations.set(two, CLIENT, 1);
    for (const org of [one, two, one, two]) {
      expect(organisations.clients.byToken(tokenOf(org, 1).revealText())).toEqual({ org, client: CLIENT });
      const jws = signClientRequest(tokenOf(org, 1), subject, body, NOW);
      expect(organisations.clients.byRequest({ subject, body, jws }).org).toBe(org);
    }
  });

  it('is refused from the moment that it is revoked, and known by its next token only after that', () => {
    const organisations = new Organisations();
    const org = newId();
    const { clients } = organisations;
    const attempts = (token: Secret) => [
      () => clients.byToken(token.revealText()),
      () => clients.byRequest({ subject, body, jws: signClientRequest(token, subject, body, NOW) }),
    ];
    organisations.set(org, CLIENT, 1);
    for (const attempt of attempts(tokenOf(org, 1))) expect(attempt()).toMatchObject({ org });
    organisations.set(org, CLIENT, 1, false);
    for (const attempt of attempts(tokenOf(org, 1))) expect(attempt).toThrow(refused);
    organisations.set(org, CLIENT, 2);
    for (const attempt of attempts(tokenOf(org, 1))) expect(attempt).toThrow(refused);
    for (const attempt of attempts(tokenOf(org, 2))) expect(attempt()).toMatchObject({ org });
  });

  it('gets answers that are signed for its own token', () => {
    const organisations = new Organisations();
    const [one, two] = [newId(), newId()];
    organisations.set(one, CLIENT, 1);
    organisations.set(two, CLIENT, 1);
    const request = signClientRequest(tokenOf(two, 1), subject, body, NOW);
    const proven = organisations.clients.byRequest({ subject, body, jws: request });
    const answer = { request, body, jws: organisations.clients.signReply(proven, body) };
    expect(() => verifyClientReply(tokenOf(two, 1), answer, NOW)).not.toThrow();
    expect(() => verifyClientReply(tokenOf(one, 1), answer, NOW)).toThrow(refused);
  });
});

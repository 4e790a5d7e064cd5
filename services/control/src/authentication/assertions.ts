import { issueToken, type Keyring, type Principal } from '@portcullis/contracts';

/** Seconds that an assertion is good for at most (contracts.md). */
export const ASSERTION_SECONDS = 60;

/** Services that are told who asks. */
export type AssertionAudience = 'policy' | 'vault' | 'audit';

/** Issues principal assertions: always fresh, for one audience, from what authentication has just read. */
export class Assertions {
  constructor(private readonly keyring: Keyring) {}

  issue(principal: Principal, audience: AssertionAudience): string {
    const { org, sub, kind, client, agent, scopes, sid, gen } = principal;
    return issueToken(this.keyring, 'pc-principal+jwt', audience, {
      org,
      sub,
      kind,
      act: { client, agent },
      scopes,
      sid,
      gen,
      // RFC 8176 has no value for a bearer key.
      amr: ['api_key'],
    });
  }
}

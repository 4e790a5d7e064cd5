import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  canonicalJson,
  decidedCallSchema,
  newId,
  VERBS,
  type DecidedCall,
  type DecidedCallsReply,
} from '@portcullis/contracts';
import { DataSource } from 'typeorm';
import { verifies } from '../../../tools/verifies.js';
import { AuditFixture } from './audit-fixture.js';
import { denialFor, fact, grantFor, hash, intent, outcome } from './statements.js';

let fixture: AuditFixture;
const org = newId();
const user = newId();
const SRV = '01JD0000000000000000000SRV';
const inputs = {
  time: '2026-11-21T10:00:00.000Z',
  generation: 3,
  scopes: ['mcp', 'mcp:write'],
  context: { protocol: '2026-07-28', transport: 'http' as const },
  annotations: { readOnlyHint: true },
};
const [allowed, denied, old] = [newId(), newId(), newId()];

beforeAll(async () => {
  fixture = await AuditFixture.start();
  await fixture.startAudit();
  const policy = fixture.keyring('policy');
  const grant = grantFor(policy, { org, sub: user, inp: inputs });
  await fixture.recorded('gateway', intent(grant, allowed));
  await fixture.recorded('gateway', outcome(grant, { intent: allowed }));
  await fixture.recorded('gateway', {
    kind: 'denial',
    recordId: denied,
    denial: denialFor(policy, { org, sub: user, inp: { ...inputs, context: {} }, tool: 'pay' }),
    sealed: [],
    argumentBytes: 1,
  });
  await fixture.recorded('gateway', intent(grantFor(policy, { org, sub: user }), old));
  await fixture.recorded('control', fact(org));
  await fixture.recorded('gateway', intent(grantFor(policy, { org: newId() })));
}, 60_000);
afterAll(() => fixture.stop(), 60_000);

const ALWAYS = { from: '2000-01-01T00:00:00.000Z', to: '2999-01-01T00:00:00.000Z' };
const ask = (change: object = {}, sender: 'policy' | 'control' = 'policy'): Promise<DecidedCallsReply> =>
  fixture.call(sender, VERBS.decidedCalls, { org, ...ALWAYS, limit: 100, after: null, ...change });
async function read(change: object = {}): Promise<{ rows: DecidedCall[]; next: DecidedCallsReply['next'] }> {
  const { rows, next } = await ask(change);
  return { rows: rows.map((row) => decidedCallSchema.parse(JSON.parse(row))), next };
}

describe('decided calls', () => {
  verifies('B6');

  it('are intents and denials of the organisation in order, with what they were decided on', async () => {
    const { rows, next } = await read();
    expect(next).toBeNull();
    const who = [user, 'user', 'claude-desktop', null, 'key-1', 'tool.call', SRV];
    const [time, generation] = [inputs.time, inputs.generation];
    expect(rows.map(([recordId, , ...rest]) => [recordId, ...rest])).toEqual([
      [
        allowed,
        ...who,
        'list_notes',
        'read',
        hash('definition'),
        'allow',
        'members-read',
        7,
        hash('policy'),
        false,
        [time, generation, '2026-07-28', 'http', true, null, inputs.scopes],
      ],
      [
        denied,
        ...who,
        'pay',
        'read',
        hash('definition'),
        'deny',
        'default-deny',
        7,
        hash('policy'),
        false,
        [time, generation, null, null, true, null, inputs.scopes],
      ],
      [
        old,
        ...who,
        'list_notes',
        'read',
        hash('definition'),
        'allow',
        'members-read',
        7,
        hash('policy'),
        false,
        null,
      ],
    ]);
    for (const row of (await ask()).rows) expect(row).toBe(canonicalJson(JSON.parse(row)));
  });

  it('are read from the record itself where the search view is of before', async () => {
    const before = await ask();
    const database = await new DataSource({
      type: 'postgres',
      url: fixture.superuserUrl.revealText(),
    }).initialize();
    await database.query('UPDATE audit.records SET decided = NULL');
    await database.destroy();
    expect(await ask()).toEqual(before);
  });

  it('come in pages that neither repeat nor leave out', async () => {
    const ids: string[] = [];
    let after: DecidedCallsReply['next'] = null;
    do {
      const page: Awaited<ReturnType<typeof read>> = await read({ limit: 1, after });
      ids.push(...page.rows.map(([recordId]) => recordId));
      after = page.next;
    } while (after !== null);
    expect(ids).toEqual([allowed, denied, old]);
  });

  it('are cut half-open by time', async () => {
    const { rows } = await read();
    const [, time = ''] = rows[1] ?? [];
    const before = await read({ to: time });
    const since = await read({ from: time });
    expect([...before.rows, ...since.rows].map(([recordId]) => recordId)).toEqual([allowed, denied, old]);
    expect(since.rows.map(([recordId]) => recordId)).toContain(denied);
    expect(before.rows.map(([recordId]) => recordId)).not.toContain(denied);
  });

  it('are told to policy alone, and of the organisation that it names', async () => {
    await expect(ask({}, 'control')).rejects.toMatchObject({
      code: expect.stringMatching(/UNAUTHENTICATED|UNAVAILABLE/),
    });
    expect(await read({ org: newId() })).toEqual({ rows: [], next: null });
  });
});

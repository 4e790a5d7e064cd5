import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../../src/decisions/decide-question.js';
import type { Question } from '../../src/decisions/question.js';
import { Snapshot } from '../../src/decisions/snapshot.js';
import type { EngineCommand } from '../../src/organisation/decide.js';
import { initialState, type PolicyState } from '../../src/organisation/state.js';
import { ADMIN, BANK, MEMBER, NOTES, run } from '../../src/testing/organisation-fixture.js';
import {
  commandsOf,
  GROUPS,
  question,
  ROLES,
  sample,
  sampleRule,
  SERVERS,
  toRule,
} from '../samples/organisations.js';

const GONE = SERVERS[2];
const user = fc.constantFrom(ADMIN, MEMBER);
const role = fc.constantFrom(...ROLES);
const group = fc.constantFrom(...GROUPS);
const srv = fc.constantFrom(NOTES, BANK);
const tool = fc.constantFrom('pay', 'list_notes', 'manage');
const label = fc.option(fc.constantFrom('read' as const, 'write' as const));
const rule = fc.nat({ max: 3 }).map((n) => `r${n}`);

/** Whatever an admin may do between two calls. */
const change: fc.Arbitrary<EngineCommand[]> = fc.oneof(
  fc
    .record({ type: fc.constantFrom('GrantRole' as const, 'RevokeRole' as const), user, role })
    .map((it) => [it]),
  fc
    .record({ type: fc.constantFrom('AddGroupMember' as const, 'RemoveGroupMember' as const), group, user })
    .map((it) => [it]),
  fc
    .record({ group, roles: fc.subarray([...ROLES]) })
    .map((it) => [{ type: 'DefineGroup' as const, description: '', ...it }]),
  fc.record({ type: fc.constant('LabelTool' as const), srv, tool, label }).map((it) => [it]),
  fc
    .record({
      type: fc.constantFrom('DisableTool' as const, 'EnableTool' as const),
      srv,
      tool,
      user: fc.option(user),
    })
    .map((it) => [it]),
  rule.map((id) => [{ type: 'RemoveRule' as const, rule: id }]),
  fc.tuple(rule, sampleRule).map(([id, it]) => [
    { type: 'RemoveRule' as const, rule: id },
    { type: 'AddRule' as const, rule: renamed(toRule(it), id) },
  ]),
  fc
    .record({ srv: fc.constant(GONE.srv), slug: fc.constantFrom(GONE.slug, 'elsewhere') })
    .map((it) => [{ type: 'ChangeServer' as const, dst: 'https://upstream.example', slots: [], ...it }]),
);

/** Not about the server that changes its slug. */
const renamed = (it: Rule, id: string): Rule => ({
  ...it,
  id,
  servers: it.servers.filter((slug) => slug !== GONE.slug).concat('notes'),
});

/** The same policy, with nothing in common that anything could have been kept by. */
const copyOf = (state: PolicyState): Snapshot => new Snapshot(structuredClone(state), 7);

describe('after any change', () => {
  verifies('B8');

  it('a policy decides as if it had never been another, under the digest of what it is', () => {
    let changed = 0;
    const changes = fc.array(change, { minLength: 1, maxLength: 6 });
    const questions = fc.array(question, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(sample, changes, questions, (organisation, list, asked) => {
        let { state } = run(initialState, ...commandsOf({ ...organisation, left: [], removed: [] }));
        const first = new Snapshot(state, 7);
        let before = { decisions: decideAll(first, asked), digest: first.digest };
        for (const commands of list) {
          const snapshot = new Snapshot((state = run(state, ...commands).state), 7);
          const after = decideAll(snapshot, asked);
          expect(after).toEqual(decideAll(copyOf(state), asked));
          expect(snapshot.digest).toBe(copyOf(state).digest);
          if (!isDeepStrictEqual(after, before.decisions)) {
            expect(snapshot.digest).not.toBe(before.digest);
            changed += 1;
          }
          before = { decisions: after, digest: snapshot.digest };
        }
      }),
      { numRuns: 80 },
    );
    expect(changed).toBeGreaterThan(20);
  });
});

const decideAll = (snapshot: Snapshot, asked: Question[]) =>
  asked.map((one) => decideQuestion(snapshot, one));

import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { condition, FIXTURE, policy, question } from '../testing/arbitrary-documents.js';
import { ADMIN, MEMBER, withRules } from '../testing/organisation-fixture.js';
import { appliedRules } from '../decisions/applied-rules.js';
import { decideQuestion } from '../decisions/decide-question.js';
import { assemblePolicy } from './assembled-policy.js';
import { loadPolicy } from './load-policy.js';
import type { PolicyFile } from './policy-file.js';
import { writePolicy } from './write-policy.js';

const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    'no',
    '~',
    '1_0',
    '0o7',
    '2026-01-01',
    '1:30',
    '.inf',
    'null',
    '5',
    ' x',
    '- x',
    '# x',
    'a: b',
    '*x',
    '&x',
    '"',
    '\n',
  ),
);

it('what is written is read as the same policy', () => {
  verifies('B7');
  fc.assert(
    fc.property(fc.array(fc.tuple(condition, text), { maxLength: 4 }), text, (rules, role) => {
      const file: PolicyFile = {
        portcullis: 'policy/v1',
        roles: { no: role, '007': role },
        groups: { null: { description: role, roles: ['no'] } },
        servers: { '1-0': { pinning: 'off', tools: { on: 'read', '0x1F': 'write' } } },
        guards: [{ id: 'guard', effect: 'deny', description: role }],
        rules: rules.map(([when, description], index) => ({
          id: `${index}`,
          effect: 'allow',
          description,
          subjects: { everyone: true },
          servers: ['1-0'],
          tools: ['*', 'on'],
          when: { ...when, 'arguments.text': description } as Record<string, string>,
        })),
      };
      const { document, findings } = loadPolicy([{ name: 'x', text: writePolicy(file, 'A comment') }]);
      expect(findings).toEqual([]);
      const { guards, rules: read, roles, servers } = document!;
      expect({ roles, servers }).toEqual({ roles: file.roles, servers: file.servers });
      expect(read).toEqual(file.rules);
      expect(guards).toEqual([{ ...file.guards![0], servers: ['*'], tools: ['*'] }]);
    }),
    { numRuns: 300 },
  );
});

it('an assembled policy decides as one that has come about', () => {
  verifies('B7');
  fc.assert(
    fc.property(policy, fc.array(question, { minLength: 5, maxLength: 5 }), (rules, questions) => {
      const document = { roles: {}, groups: {}, servers: {}, guards: [], rules: rules as never };
      const members = [ADMIN, MEMBER].map((user) => ({
        user,
        roles: user === ADMIN ? ['admin'] : [],
        groups: [],
      }));
      const assembled = assemblePolicy(document, { ...FIXTURE, members });
      const real = withRules(...rules);
      for (const asked of questions) {
        const { decision, label } = decideQuestion(real, asked);
        expect(decideQuestion(assembled, asked)).toMatchObject({ decision, label });
        const applied = appliedRules(real, asked);
        const by = decideQuestion(real, asked).rule;
        expect(applied.includes(by) || by === 'default-deny').toBe(true);
        expect(
          decision === 'allow' &&
            applied.some((id) => rules.find((rule) => rule.id === id)!.effect === 'deny'),
        ).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});

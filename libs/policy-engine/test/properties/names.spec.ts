import { describe, expect, it } from '@jest/globals';
import type { Rule } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { decideQuestion } from '../../src/decisions/decide-question.js';
import { someone, type Question } from '../../src/decisions/question.js';
import { base, MEMBER, NOTES, run, snapshotOf, TIME } from '../../src/testing/organisation-fixture.js';

const TOOLS = ['list_notes', 'List_Notes', 'all', 'manage', '__proto__', 'constructor', 'l-read'];

const rule = (id: string, tools: string[]): Rule => ({
  id,
  effect: 'allow',
  subjects: { users: [MEMBER] },
  servers: ['notes'],
  tools,
});
const organisation = (...rules: Rule[]) =>
  snapshotOf(
    run(
      base(),
      ...TOOLS.map((tool) => ({ type: 'LabelTool' as const, srv: NOTES, tool, label: 'read' as const })),
      ...rules.map((one) => ({ type: 'AddRule' as const, rule: one })),
    ).state,
  );
const ask = (change: Partial<Question>): Question => ({
  asker: someone(MEMBER),
  operation: 'tool.call',
  server: { slug: 'notes' },
  tool: 'list_notes',
  arguments: {},
  context: {},
  time: TIME,
  ...change,
});

const LOOK_ALIKES: Record<string, string> = {
  a: '\u0430',
  o: '\u043e',
  e: '\u0435',
  s: '\u0455',
  l: '\u217c',
  _: '\uff3f',
};
const INVISIBLE = ['\u200b', '\u00ad', '\u2060', '\ufeff', '\u0000', ' ', '\n', '\u0301'];

/** A name that is not the given one but may pass for it: in print, after normalisation, folding, trimming or globbing. */
const resembling = (name: string): fc.Arbitrary<string> =>
  fc
    .oneof(
      fc.constantFrom(
        name.toUpperCase(),
        name.normalize('NFKD'),
        `t:${NOTES}/${name}`,
        `${name}/`,
        `*`,
        `${name}*`,
      ),
      fc.constantFrom(...Object.entries(LOOK_ALIKES)).map(([plain, other]) => name.replace(plain, other)),
      fc
        .tuple(fc.nat({ max: name.length }), fc.constantFrom(...INVISIBLE))
        .map(([at, sign]) => name.slice(0, at) + sign + name.slice(at)),
      fc.nat({ max: name.length }).map((at) => name.slice(0, at)),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('toString', 'hasOwnProperty', 'l:read', 't:', '__caslSubjectType__', 'any'),
    )
    .filter((it) => it !== name);

describe('names', () => {
  verifies('B8');
  const everything = organisation(rule('every-tool', ['*']));

  it('of tools are exact, whatever they resemble', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TOOLS).chain(resembling), (tool) => {
        fc.pre(!TOOLS.includes(tool) && !['create_note', 'delete_note'].includes(tool));
        expect(decideQuestion(everything, ask({ tool })).decision).toBe('deny');
      }),
      { numRuns: 1_000 },
    );
  });

  it('of servers and users are exact, whatever they resemble', () => {
    fc.assert(
      fc.property(resembling('notes'), resembling(NOTES), resembling(MEMBER), (slug, srv, user) => {
        for (const change of [{ server: { slug } }, { server: { srv } }, { asker: someone(user) }]) {
          expect(decideQuestion(everything, ask(change)).decision).toBe('deny');
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(TOOLS)('such as %s in a rule mean that tool and no other', (name) => {
    const snapshot = organisation(rule('one', [name]));
    const allowed = TOOLS.filter((tool) => decideQuestion(snapshot, ask({ tool })).decision === 'allow');
    expect(allowed).toEqual([name]);
  });

  it.each(TOOLS)('such as %s in arguments or in what is known of the caller pick nothing', (name) => {
    const picks = Object.fromEntries(
      ['__caslSubjectType__', '__typename', 'kind', 'type', 'action', 'subject'].map((key) => [key, name]),
    );
    const snapshot = organisation(rule('one', ['l-read']));
    const asker = { ...someone(MEMBER), client: name, agent: name, kind: name };
    const asked = ask({ asker, tool: 'list_notes', arguments: picks, context: { protocol: name } });
    expect(decideQuestion(snapshot, asked).decision).toBe('deny');
  });
});

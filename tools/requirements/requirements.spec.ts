import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requirements } from '../../docs/requirements.js';
import { verifies as cite } from '../verifies.js';
import { joinTests, problems, table } from './report.mjs';
import { scanSource, scanWorkspace } from './scan.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const claimed = (id: string) => ({ id, text: `text of ${id}`, claimed: true });
const cited = (source: string) => scanSource('a/b.spec.ts', source);

describe('the requirements of this workspace', () => {
  it('lists each of the 67 features once', () => {
    const counts: Record<string, number> = {};
    for (const { id } of requirements) counts[id[0] ?? ''] = (counts[id[0] ?? ''] ?? 0) + 1;
    expect(counts).toEqual({ P: 13, G: 7, H: 7, D: 10, S: 11, C: 5, B: 14 });
    expect(new Set(requirements.map(({ id }) => id)).size).toBe(67);
  });

  it('claims nothing that no test verifies, and cites nothing unknown or dead', () => {
    expect(problems(requirements, scanWorkspace(root))).toEqual([]);
  });
});

describe('claims', () => {
  it('fails a claimed id without a test', () => {
    expect(problems([claimed('P1')], [])).toEqual(['P1 is claimed, but no test verifies it']);
  });

  it('accepts a claimed id with a test', () => {
    expect(problems([claimed('P1')], cited(`it('x', () => { verifies('P1'); })`))).toEqual([]);
  });

  it('fails a citation of an id that does not exist', () => {
    const wrong = problems([claimed('P1')], cited(`it('x', () => { verifies('P1', 'P99'); })`));
    expect(wrong).toEqual(['a/b.spec.ts:1: unknown id P99']);
  });

  it.each([
    [`it.skip('x', () => { verifies('P1'); })`],
    [`describe.skip('x', () => { it('y', () => { verifies('P1'); }); })`],
    [`xit('x', () => { verifies('P1'); })`],
    [`describe('x', () => { verifies('P1'); })`],
    [`describe('x', () => { verifies('P1'); it.skip('y', () => {}); })`],
    [`describe('x', () => { verifies('P1'); it.todo('y'); beforeAll(() => {}); })`],
    [`verifies('P1');`],
    [`describe('x', () => { verifies('P1'); beforeAll(() => { server.start(); }); })`],
  ])('does not take as proof what can not run: %s', (source) => {
    expect(problems([claimed('P1')], cited(source))).toContain('P1 is claimed, but no test verifies it');
  });

  it.each([
    [`describe('x', () => { verifies('P1'); it('y', () => {}); })`],
    [`describe('x', () => { verifies('P1'); it.each([1])('y', () => {}); })`],
    [`describe('x', () => { verifies('P1'); tileStoreContract(() => make()); })`],
    [`describe('x', () => { verifies('P1'); tester.run('rule', rule, {}); })`],
    [`verifies('P1'); describe('x', () => { it('y', () => {}); })`],
  ])('takes a block with tests as proof: %s', (source) => {
    expect(problems([claimed('P1')], cited(source))).toEqual([]);
  });
});

describe('the map of requirement to tests', () => {
  it('names file and enclosing tests', () => {
    const source = `describe('vault', () => { describe.each([1])('v%i', () => { it("opens", () => { verifies('G1'); }); }); })`;
    expect(joinTests([claimed('G1')], cited(source))).toEqual([
      { id: 'G1', text: 'text of G1', claimed: true, tests: ['a/b.spec.ts > vault > v%i > opens'] },
    ]);
  });

  it('ignores the word in comments and strings', () => {
    expect(cited(`// verifies('P1')\nconst s = "verifies('P1')";`)).toEqual([]);
  });

  it('refuses an id that is not a literal', () => {
    expect(() => cited(`it('x', () => { verifies(id); })`)).toThrow(
      'a/b.spec.ts:1: verifies() takes string literals',
    );
  });

  it('prints a line for each id', () => {
    const lines = table([claimed('P1')], [], 60).split('\n');
    expect(lines[1]).toBe('P1   claimed      0  text of P1');
  });
});

describe('verifies', () => {
  it('throws on an unknown id and on none', () => {
    expect(() => cite('P1', 'Z9')).toThrow("verifies('Z9'): no such requirement");
    expect(() => cite()).toThrow('at least one');
  });
});

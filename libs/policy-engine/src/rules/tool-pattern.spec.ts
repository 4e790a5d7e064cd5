import fc from 'fast-check';
import { matchesGlob } from '../conditions/glob.js';
import { toolMatcher } from './tool-pattern.js';

describe('patterns of tools', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['get_*', 'get_', true],
    ['get_*', 'forget_it', false],
    ['*_note', 'create_note', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'xabyabz', true],
    ['*ab*ab*', 'xabz', false],
    ['a*bc*c', 'abc', false],
    ['list', 'list', true],
    ['list', 'lists', false],
  ])('"%s" and "%s": %s', (pattern, name, expected) => {
    expect(toolMatcher(pattern)(name)).toBe(expected);
  });

  it('mean what the glob of conditions means', () => {
    const from = (letters: string) => fc.array(fc.constantFrom(...letters), { maxLength: 10 });
    fc.assert(
      fc.property(from('ab*'), from('ab'), (letters, text) => {
        const [pattern, name] = [letters.join(''), text.join('')];
        expect(toolMatcher(pattern)(name)).toBe(matchesGlob(pattern, name));
      }),
      { numRuns: 2000 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { referencedArguments, type ReferencedArgument } from '@portcullis/contracts';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { find, type Found } from '../conditions/path.js';
import { knownArguments } from './known-arguments.js';

/** What a condition finds at a path. */
const look = (entries: ReferencedArgument[], paths: string[][], path: string[]): Found => {
  const found = find(knownArguments(entries, paths), path);
  const isPart = found.kind === 'value' && Object.hasOwn(Object(found.value) as object, '\u0000');
  return isPart ? { kind: 'unknown' } : found;
};

const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
const path = fc.array(key, { maxLength: 3 });
const paths = fc.uniqueArray(path, { maxLength: 6, selector: (one) => JSON.stringify(one) });
const scalar = fc.constantFrom<unknown>(null, 1, 'text', [1, 2], 'x'.repeat(1500));
const object = (inner: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom('a', 'b'), inner, { maxKeys: 2 });
const someArguments = object(fc.oneof(scalar, object(fc.oneof(scalar, object(scalar)))));

describe('arguments as far as a record says what they were', () => {
  verifies('B6', 'B8');

  it.each<[string, ReferencedArgument[], string[], Found['kind']]>([
    ['a value', [[['a'], 1]], ['a'], 'value'],
    ['nothing', [[['a']]], ['a'], 'missing'],
    ['nothing behind what is missing', [[['a']]], ['a', 'b'], 'missing'],
    ['what is inside of a value', [[['a'], { b: 1 }]], ['a', 'b'], 'value'],
    ['nothing inside of a value', [[['a'], { c: 1 }]], ['a', 'b'], 'missing'],
    ['something else than an object on the way', [[['a'], 'text']], ['a', 'b'], 'mistyped'],
    ['what nobody has kept', [[['b'], 1]], ['a'], 'unknown'],
    ['what only a part was kept of', [[['a', 'b'], 1]], ['a'], 'unknown'],
    ['the whole of which a part was kept', [[['a'], 1]], [], 'unknown'],
    ['what is beside what was kept', [[['a', 'b'], 1]], ['a', 'c'], 'unknown'],
  ])('tell of %s', (...[, entries, at, kind]) => {
    const asked = [['a'], ['a', 'b'], ['a', 'c'], ['b'], []];
    expect(look(entries, asked, at).kind).toBe(kind);
    expect(look(entries, [at], at).kind).toBe(kind);
  });

  it('are whole where the whole was kept, although a part of it was kept too', () => {
    const entries: ReferencedArgument[] = [
      [['a', 'b'], 1],
      [['a'], { b: 1, c: 2 }],
    ];
    const asked = [['a'], ['a', 'b']];
    for (const at of asked) {
      expect(look(entries, asked, at)).toEqual(find({ a: { b: 1, c: 2 } }, at));
    }
  });

  it('are what conditions would have found in the arguments themselves, or unknown', () => {
    const seen = { known: 0, unknown: 0 };
    fc.assert(
      fc.property(someArguments, paths, paths, (args, kept, asked) => {
        const entries = referencedArguments(kept, args);
        for (const at of asked) {
          const found = look(entries, asked, at);
          if (found.kind === 'unknown') {
            seen.unknown += 1;
            continue;
          }
          seen.known += 1;
          expect(found.kind).toBe(find(args, at).kind);
          if (found.kind === 'value') expect(found).toEqual(find(args, at));
        }
        // Whatever was kept in full is known, in whatever company it is asked for.
        for (const [at] of entries) {
          expect(look(entries, [...asked, at], at).kind).not.toBe('unknown');
        }
      }),
      { numRuns: 2000 },
    );
    expect(seen.known).toBeGreaterThan(100);
    expect(seen.unknown).toBeGreaterThan(100);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { OPERATORS } from '../conditions/operators.js';
import { FINDINGS } from './finding.js';
import { loadPolicy } from './load-policy.js';

const DOCS = join(import.meta.dirname, '../../../../docs');
const reference = readFileSync(join(DOCS, 'reference/policy-language.md'), 'utf8');

const cellsOf = (heading: string): string[][] => {
  const [, section = ''] = reference.split(`\n## ${heading}\n`);
  return section
    .split('\n## ', 1)[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
};

it('the codes of findings are published as they are', () => {
  const published = cellsOf('What is refused').map(([code, , meaning]) => [
    code!.replaceAll('`', ''),
    meaning,
  ]);
  expect(published).toEqual(Object.entries(FINDINGS));
});

it('every operator is described', () => {
  const described = cellsOf('Conditions').flatMap(([cell]) => cell!.match(/\$[a-z]+/g) ?? []);
  for (const operator of OPERATORS.keys()) expect(described).toContain(operator);
});

it('the examples of the reference and the tutorial are policies', () => {
  const [, example = ''] = /```yaml\n(# yaml-language-server[^]*?)```/.exec(reference) ?? [];
  const file = readFileSync(join(DOCS, 'tutorials/policy-as-code/policy/notes.yaml'), 'utf8');
  for (const text of [example, file]) {
    expect(loadPolicy([{ name: 'example.yaml', text }]).findings).toEqual([]);
  }
  const tutorial = readFileSync(join(DOCS, 'tutorials/policy-as-code.md'), 'utf8');
  expect(tutorial).toContain(`\`\`\`yaml\n${file}\`\`\``);
});

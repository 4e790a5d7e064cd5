import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CASES } from './cases.js';
import { rowName, TABLE_FILE } from './table.js';

const rows = readFileSync(TABLE_FILE, 'utf8')
  .split('\n')
  .filter((line) =>
    /^\| \w+ \| (stopped|paused|slow|restarted|disk full) +\|/.test(line.replaceAll(/ +\|/g, ' |')),
  )
  .map((line) => line.replaceAll(/ +/g, ' '));

describe('docs/failure-table.md', () => {
  it('has a row for each case and for nothing else', () => {
    const named = rows.map((row) => row.split('|').slice(0, 3).join('|') + '|');
    expect(named.sort()).toEqual(CASES.map(rowName).sort());
  });

  it('shows no failure', () => {
    for (const row of rows) expect(row).toMatch(/\| 0 \| 0 \| 0 \| \d+\.\d \| yes \|$/);
  });
});

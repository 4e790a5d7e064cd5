import { cpus, totalmem } from 'node:os';

/** What the numbers were measured on. */
export function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    node: process.version,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
  };
}

/** Checks a benchmark's rows and fills in what it left out: `ratio` is value ÷ baseline. */
export function completeRows(name, rows) {
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`benchmark ${name} returned no rows`);
  return rows.map(({ metric, value, unit, baseline = null, ratio, goal = null }) => {
    if (typeof metric !== 'string' || typeof unit !== 'string' || !Number.isFinite(value)) {
      throw new Error(`benchmark ${name} returned a row without metric, unit or a finite value`);
    }
    return { metric, value, unit, baseline, ratio: ratio ?? (baseline ? value / baseline : null), goal };
  });
}

const number = (value) =>
  typeof value === 'number'
    ? value.toLocaleString('en-GB', { maximumSignificantDigits: 4 })
    : String(value ?? '');

/** Rows as an aligned table. */
export function table(rows) {
  const header = ['metric', 'value', 'unit', 'baseline', 'ratio', 'goal'];
  const cells = [header, ...rows.map((row) => header.map((key) => number(row[key])))];
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const align = (text, column) =>
    [0, 2, 5].includes(column) ? text.padEnd(widths[column]) : text.padStart(widths[column]);
  return cells.map((line) => line.map(align).join('  ').trimEnd()).join('\n');
}

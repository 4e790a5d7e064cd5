import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_TABLE } from './error-codes.js';

const FORMATS = join(import.meta.dirname, '../../../../docs/reference/formats.md');

describe('the table of errors', () => {
  const rows = Object.entries(ERROR_TABLE);

  it('is published as it is', () => {
    const [, published = ''] = readFileSync(FORMATS, 'utf8').split('\n## Errors\n');
    const cells = published
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map((line) => line.slice(1, -1).join(' '));
    expect(cells).toEqual(
      rows.map(([code, { http, grpc, jsonRpc, retryable }]) =>
        [`\`${code}\``, http, grpc, jsonRpc, retryable ? 'yes' : ''].join(' '),
      ),
    );
  });

  it('tells every code from every other by its JSON-RPC number', () => {
    expect(new Set(rows.map(([, { jsonRpc }]) => jsonRpc)).size).toBe(rows.length);
  });
});

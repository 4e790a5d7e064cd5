import type { AuditRow } from '@portcullis/contracts';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { verifies } from '../../../../tools/verifies.js';
import { CSV_COLUMNS, csvHeader, csvLine } from './csv.js';

const row = (targetId: string): AuditRow =>
  ({
    stream: 'audit-x-admin-202611',
    revision: 3,
    dataHash: 'A'.repeat(43),
    state: null,
    record: {
      time: '2026-11-21T10:00:00.000Z',
      recordId: '01JD0000000000000000000001',
      class: 'admin',
      type: 'AdminActionRecorded',
      actor: { kind: 'user', id: 'u', client: null, agent: null, session: null },
      action: {
        op: 'server.created',
        srv: null,
        slug: null,
        tool: null,
        label: null,
        target: { type: 'server', id: targetId },
      },
      decision: null,
      call: null,
      outcome: null,
      data: { b: 1, a: 'x' },
    },
  }) as unknown as AuditRow;

const cell = (targetId: string): string => {
  const [parsed] = parse(csvHeader() + csvLine(row(targetId)), { columns: true, record_delimiter: '\r\n' });
  return (parsed as Record<string, string>)['targetId'] ?? '';
};

describe('CSV', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('makes %j harmless to a spreadsheet', (text) => {
    verifies('P8');
    expect(cell(text)).toBe(`'${text}`);
  });

  it('brings back any other text as it was (RFC 4180)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !/^[=+\-@\t\r＝＋－＠]/.test(text)),
        (text) => {
          expect(cell(text)).toBe(text);
        },
      ),
    );
  });

  it('has the documented columns in their order, and JSON in canonical form', () => {
    expect(csvHeader()).toBe(`${CSV_COLUMNS.join(',')}\r\n`);
    expect(CSV_COLUMNS.slice(0, 5)).toEqual(['time', 'recordId', 'class', 'type', 'actorKind']);
    expect(csvLine(row('x'))).toContain('"{""a"":""x"",""b"":1}"');
  });
});

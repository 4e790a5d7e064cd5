import { describeForPeople, reportOf } from './describe-findings.js';
import { fail, ok, quoted, skipped } from './finding.js';

const results = [
  { check: 'nats', findings: [{ ...fail('it is stopped', 'kill -CONT 7'), causes: [['disk']] }] },
  { check: 'eventstore', findings: [ok('it answers')] },
  { check: 'backlog', findings: [skipped('because of nats')] },
];

it('prints a line per finding, with how to mend it below', () => {
  expect(describeForPeople(reportOf(results))).toBe(
    [
      'fail     nats        it is stopped',
      '                     → kill -CONT 7',
      'ok       eventstore  it answers',
      'skipped  backlog     because of nats',
      '',
      '1 ok, 0 for information, 1 skipped, 0 warnings, 1 failures.',
      '',
    ].join('\n'),
  );
});

it('gives programs the same, without what it was judged by', () => {
  expect(reportOf(results)).toEqual({
    ok: false,
    findings: [
      { check: 'nats', status: 'fail', reason: 'it is stopped', mend: 'kill -CONT 7' },
      { check: 'eventstore', status: 'ok', reason: 'it answers' },
      { check: 'backlog', status: 'skipped', reason: 'because of nats' },
    ],
  });
  expect(reportOf(results.slice(1)).ok).toBe(true);
});

it.each([
  ['/srv/data', '/srv/data'],
  ["/srv/Ada's data", `'/srv/Ada'\\''s data'`],
  ['$(reboot)', `'$(reboot)'`],
])('quotes %s for the shell', (path, expected) => {
  expect(quoted(path)).toBe(expected);
});

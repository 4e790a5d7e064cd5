import { describe, expect, it } from '@jest/globals';
import { errorOf } from '../testing/error-of.js';
import { verifies } from '../../../../tools/verifies.js';
import { compileCondition } from './compile.js';
import { evaluate } from './evaluate.js';
import type { Truth } from './truth.js';

const at = (path: string, predicate: unknown, context: object): Truth =>
  evaluate(compileCondition({ [path]: predicate }), { arguments: {}, principal: {}, context });
const time = (predicate: unknown, now: unknown): Truth => at('context.time', predicate, { time: now });
const ip = (networks: unknown, address: unknown): Truth =>
  at('context.ip', { $cidr: networks }, address === undefined ? {} : { ip: address });

const OFFICE = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '08:00',
  to: '18:00',
  zone: 'Europe/Berlin',
};
const NIGHT = { days: ['fri'], from: '22:00', to: '06:00' };

describe('conditions on time', () => {
  verifies('B8');
  it.each<[unknown, unknown, Truth]>([
    // 2026-11-20 is a Friday; Berlin is an hour ahead of UTC in winter and two in summer.
    [{ $during: OFFICE }, '2026-11-20T07:00:00.000Z', 'yes'],
    [{ $during: OFFICE }, '2026-11-20T06:59:59.999Z', 'no'],
    [{ $during: OFFICE }, '2026-11-20T17:00:00.000Z', 'no'],
    [{ $during: OFFICE }, '2026-07-17T06:00:00.000Z', 'yes'],
    [{ $during: OFFICE }, '2026-11-21T10:00:00.000Z', 'no'],
    [{ $during: NIGHT }, '2026-11-20T22:00:00.000Z', 'yes'],
    [{ $during: NIGHT }, '2026-11-21T05:59:00.000Z', 'yes'],
    [{ $during: NIGHT }, '2026-11-21T06:00:00.000Z', 'no'],
    [{ $during: NIGHT }, '2026-11-21T23:00:00.000Z', 'no'],
    [{ $during: { days: ['sat'] } }, '2026-11-21T00:00:00.000Z', 'yes'],
    [{ $during: { days: ['sat'] } }, '2026-11-21T23:59:59.000Z', 'yes'],
    [{ $during: { days: ['sat'] } }, '2026-11-22T00:00:00.000Z', 'no'],
    [{ $after: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00.001Z', 'yes'],
    [{ $after: '2026-01-01T00:00:00Z' }, '2026-01-01T00:00:00.000Z', 'no'],
    [{ $before: '2026-01-01T01:00:00+01:00' }, '2025-12-31T23:59:59.999Z', 'yes'],
    [{ $before: '2026-01-01T00:00:00Z' }, '2026-02-30T00:00:00Z', 'indeterminate'],
    [{ $before: '2026-01-01T00:00:00Z' }, '2025', 'indeterminate'],
    [{ $before: '2026-01-01T00:00:00Z' }, 0, 'indeterminate'],
    [{ $during: { days: ['sat'] } }, ['2026-11-21T00:00:00.000Z'], 'indeterminate'],
    [{ $during: { days: ['sat'] } }, null, 'indeterminate'],
  ])('%j at %j is %s', (predicate, now, wanted) => {
    expect(time(predicate, now)).toBe(wanted);
  });

  it('is indeterminate where no time is known', () => {
    expect(at('context.time', { $during: NIGHT }, {})).toBe('indeterminate');
  });

  it.each([
    { $during: {} },
    { $during: { zone: 'UTC' } },
    { $during: { days: [] } },
    { $during: { days: ['monday'] } },
    { $during: { from: '8:00' } },
    { $during: { from: '24:00' } },
    { $during: { from: '08:00', zone: 'Berlin' } },
    { $during: { from: '08:00', holidays: true } },
    { $during: ['mon'] },
    { $before: '2026-02-30T00:00:00Z' },
    { $before: '2026-01-01' },
    { $after: 5 },
  ])('refuses %j when it is loaded', (predicate) => {
    expect(errorOf(() => compileCondition({ 'context.time': predicate }))).toBe('INVALID_ARGUMENT');
  });
});

describe('conditions on the network', () => {
  verifies('B8');
  it.each<[string[], unknown, Truth]>([
    [['10.0.0.0/8'], '10.255.255.255', 'yes'],
    [['10.0.0.0/8'], '11.0.0.0', 'no'],
    [['192.0.2.7/32', '10.0.0.0/8'], '192.0.2.7', 'yes'],
    [['2001:db8::/32'], '2001:db8:1::1', 'yes'],
    [['2001:db8::/32'], '2001:db9::1', 'no'],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', 'yes'],
    [['10.0.0.0/8'], '::ffff:a01:203', 'yes'],
    [['0.0.0.0/0'], '2001:db8::1', 'no'],
    [['::/0'], '2001:db8::1', 'yes'],
    [['::/0'], '10.1.2.3', 'no'],
    [['::/0'], '::ffff:10.1.2.3', 'no'],
    [['::/0', '10.0.0.0/8'], '11.1.2.3', 'no'],
    [['0.0.0.0/0'], '010.0.0.1', 'indeterminate'],
    [['0.0.0.0/0'], '10.0.0.1 ', 'indeterminate'],
    [['0.0.0.0/0'], '', 'indeterminate'],
    [['0.0.0.0/0'], ['10.0.0.1'], 'indeterminate'],
    [['0.0.0.0/0'], 167772161, 'indeterminate'],
    [['0.0.0.0/0'], null, 'indeterminate'],
    [['0.0.0.0/0'], undefined, 'indeterminate'],
  ])('%j of %j is %s', (networks, address, wanted) => {
    expect(ip(networks, address)).toBe(wanted);
  });

  it.each([
    [[]],
    ['10.0.0.0/8'],
    [['10.0.0.0']],
    [['10.0.0.0/33']],
    [['10.0.0.0/08']],
    [['::/129']],
    [['::ffff:10.0.0.0/104']],
    [[5]],
  ])('refuses %j when it is loaded', (networks) => {
    expect(errorOf(() => compileCondition({ 'context.ip': { $cidr: networks } }))).toBe('INVALID_ARGUMENT');
  });
});

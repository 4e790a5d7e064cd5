import { LAPSE_MS, LeaseSightings } from './lease-sightings.js';
import type { Lease } from './leases.js';

const lease = (extensions: number, replica = 'one'): Lease => ({
  service: 'gateway',
  replica,
  extensions,
  acknowledged: 0,
});

/** [asked, answered, extensions seen, lapsed?] */
type Step = [number, number, number, boolean];

describe('a lease', () => {
  it.each<[string, Step[]]>([
    ['has not lapsed when it is first seen', [[0, 5, 7, false]]],
    ['lapses when its count stays for the whole time', [[0, 5, 7, false], [5 + LAPSE_MS, 9000, 7, true]]], // prettier-ignore
    ['counts from the answer, not from the question before it', [[0, 900, 7, false], [LAPSE_MS, 9000, 7, false]]], // prettier-ignore
    ['counts up to the question, not to the answer after it', [[0, 0, 7, false], [LAPSE_MS - 1, 99_000, 7, false]]], // prettier-ignore
    ['begins anew with each extension', [[0, 0, 7, false], [2000, 2000, 8, false], [LAPSE_MS + 10, 3000, 8, false]]], // prettier-ignore
    ['does not lapse while it is extended', [[0, 0, 1, false], [2000, 2000, 2, false], [4000, 4000, 3, false], [6000, 6000, 4, false]]], // prettier-ignore
    ['that was removed and came back is a new one', [[0, 0, 7, false], [1000, 1000, 0, false], [LAPSE_MS, LAPSE_MS, 0, false]]], // prettier-ignore
  ])('%s', (_name, steps) => {
    const sightings = new LeaseSightings();
    for (const [asked, answered, extensions, lapsed] of steps) {
      const found = sightings.note([lease(extensions)], { asked, answered });
      expect(found).toEqual(lapsed ? [lease(extensions)] : []);
    }
  });

  it('is its own: another replica with the same count says nothing about it', () => {
    const sightings = new LeaseSightings();
    sightings.note([lease(7)], { asked: 0, answered: 0 });
    sightings.note([lease(7), lease(7, 'two')], { asked: 2000, answered: 2000 });
    const at = { asked: LAPSE_MS, answered: LAPSE_MS };
    expect(sightings.note([lease(7), lease(7, 'two')], at)).toEqual([lease(7)]);
  });

  it('that was gone in between is seen for the first time again', () => {
    const sightings = new LeaseSightings();
    sightings.note([lease(7)], { asked: 0, answered: 0 });
    sightings.note([], { asked: 1000, answered: 1000 });
    expect(sightings.note([lease(7)], { asked: 9000, answered: 9000 })).toEqual([]);
  });
});

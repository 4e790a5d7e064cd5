import { jest } from '@jest/globals';
import { groupsOf } from './groups-of.js';

const bounds = { sizeOf: (item: number) => item, maxItems: 3, maxSize: 10 };
const grouped = (items: number[]): number[][] => [...groupsOf(items, bounds)];

describe('groups', () => {
  it('hold no more items and no more size than a message may, in order', () => {
    expect(grouped([1, 2, 3, 4, 5, 6])).toEqual([[1, 2, 3], [4, 5], [6]]);
  });

  it('leave an item that is too large for any alone', () => {
    expect(grouped([1, 11, 2])).toEqual([[1], [11], [2]]);
  });

  it('are none where there is nothing', () => {
    expect(grouped([])).toEqual([]);
  });

  it('need no measuring of a lone item', () => {
    const sizeOf = jest.fn<(item: number) => number>();
    expect([...groupsOf([7], { ...bounds, sizeOf })]).toEqual([[7]]);
    expect(sizeOf).not.toHaveBeenCalled();
  });
});

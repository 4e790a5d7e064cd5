import { describe, expect, it } from '@jest/globals';
import { aggregatedName, slugOf } from './aggregated-name.js';

describe('names on the aggregated endpoint', () => {
  it('are slug and tool', () => {
    expect(aggregatedName('notes', 'read_note')).toBe('notes__read_note');
    expect(slugOf('notes__read__note')).toBe('notes');
    expect(slugOf('__read')).toBeNull();
    expect(slugOf('read')).toBeNull();
  });

  it('stay within 64 characters, distinct, and lead back to the server', () => {
    const long = (end: string): string => aggregatedName('notes', `${'x'.repeat(80)}${end}`);
    expect(long('a')).toHaveLength(64);
    expect(long('a')).not.toBe(long('b'));
    expect(slugOf(long('a'))).toBe('notes');
  });
});

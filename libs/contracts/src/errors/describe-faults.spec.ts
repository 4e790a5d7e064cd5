import { z } from 'zod';
import { describeFaults, validated } from './describe-faults.js';

const schema = z.strictObject({ user: z.string(), nested: z.strictObject({ size: z.int() }) });

const errorOf = (value: unknown): z.ZodError => schema.safeParse(value).error!;

describe('faults of a value from outside', () => {
  it('say what is wrong where, and nothing of the value', () => {
    const told = describeFaults(errorOf({ user: 1, nested: { size: 'secret' } }));
    expect(told).toMatch(/^user: .+; nested\.size: .+$/);
    expect(told).not.toContain('secret');
  });

  it('of the whole are told of the whole', () => {
    expect(describeFaults(errorOf(7), '(item)')).toMatch(/^\(item\): /);
  });

  it('are eight at most', () => {
    const many = z.strictObject(Object.fromEntries([...'abcdefghij'].map((name) => [name, z.string()])));
    expect(describeFaults(many.safeParse({}).error!).split('; ')).toHaveLength(8);
  });
});

describe('a validated value', () => {
  it('is what the schema makes of it', () => {
    expect(validated(z.string().trim(), ' a ')).toBe('a');
  });

  it('is refused by the name of what it is', () => {
    expect(() => validated(z.string(), 7, 'The item')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/^The item is invalid\. /),
      }),
    );
  });
});

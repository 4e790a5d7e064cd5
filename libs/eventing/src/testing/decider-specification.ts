import assert from 'node:assert/strict';
import { AppError, type ErrorCode } from '@portcullis/contracts';
import type { Decider } from '../commands/decider.js';

export interface Then<Event> {
  then(expected: readonly Event[]): void;
  /** The command is refused with this code. */
  thenError(code: ErrorCode): void;
}

/**
 * `const given = specify(decider)`, then `given([events]).when(command).then([events])`. Any test runner.
 */
export function specify<Command, State, Event>(decider: Decider<Command, State, Event>) {
  return (events: readonly Event[]) => ({
    when: (command: Command): Then<Event> => {
      const decide = () => decider.decide(command, events.reduce(decider.evolve, decider.initialState()));
      return {
        then: (expected) => assert.deepEqual(decide(), expected),
        thenError: (code) =>
          assert.throws(decide, (error: unknown) => {
            assert.ok(error instanceof AppError, `expected an AppError ${code}, got ${String(error)}`);
            assert.equal(error.code, code);
            return true;
          }),
      };
    },
  });
}

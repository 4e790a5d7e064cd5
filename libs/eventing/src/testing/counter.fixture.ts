import { AppError } from '@portcullis/contracts';
import { z } from 'zod';
import { eventCodec, type CodecEvent } from '../codec/event-codec.js';
import { defineEvent } from '../codec/event-definition.js';
import type { Decider } from '../commands/decider.js';

export const counterCodec = eventCodec(defineEvent('test.Added', z.strictObject({ by: z.int() })));
export type CounterEvent = CodecEvent<typeof counterCodec>;

export interface CounterCommand {
  add: number;
  limit: number;
}

/** Adds up to a limit; adding nothing changes nothing. */
export const counter: Decider<CounterCommand, number, CounterEvent> = {
  initialState: () => 0,
  evolve: (total, event) => total + event.data.by,
  decide: ({ add, limit }, total) => {
    if (total + add > limit) throw new AppError('FAILED_PRECONDITION', 'The counter is full');
    return add === 0 ? [] : [{ type: 'test.Added', data: { by: add } }];
  },
};

import type { Decider } from '@portcullis/eventing';
import type { Fact } from '../facts/facts.js';
import { decide, type CommandBatch } from './decide.js';
import { evolve } from './evolve.js';
import { initialState, type PolicyState } from './state.js';

/** One organisation's policy as a decider: pure functions from facts to state and from commands to facts. */
export const organisation: Decider<CommandBatch, PolicyState, Fact> = {
  initialState: () => initialState,
  decide,
  evolve,
};

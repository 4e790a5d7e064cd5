/** A pure decision: no clock, no randomness, no I/O. Time and ids arrive in the command. */
export interface Decider<Command, State, Event> {
  initialState(): State;
  /** Total: every event of the union, in every state. Returns the new state; MUST NOT change the old one. */
  evolve(state: State, event: Event): State;
  /** What follows from the command; nothing if it changes nothing. Throws an AppError to refuse. */
  decide(command: Command, state: State): readonly Event[];
}

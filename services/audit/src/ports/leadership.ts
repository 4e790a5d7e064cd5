/** Work that one replica at a time does. Two that do it for a moment MUST do no harm. */
export interface LeaderWork {
  start(): void;
  stop(): Promise<void>;
}

/** Chooses the replica that does it. */
export interface Leadership {
  /** Starts the work whenever this replica is chosen, stops it when it isn't any more. */
  campaign(work: LeaderWork): void;
  /** Whether the work is this replica's at the moment; null while it could not be found out. */
  leads(): boolean | null;
  resign(): Promise<void>;
}

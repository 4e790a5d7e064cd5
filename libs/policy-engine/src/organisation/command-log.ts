/**
 * The ids of the commands that have led to facts. Kept in chunks so that adding one copies at most a chunk: a long
 * stream is folded in linear time although every state stays immutable.
 */
export interface CommandLog {
  readonly full: readonly ReadonlySet<string>[];
  readonly open: ReadonlySet<string>;
}

const CHUNK = 256;

export const emptyCommandLog: CommandLog = { full: [], open: new Set() };

export const hasCommand = (log: CommandLog, id: string): boolean =>
  log.open.has(id) || log.full.some((chunk) => chunk.has(id));

/** Facts of one command follow each other, so only the first of them adds anything. */
export function withCommand(log: CommandLog, id: string): CommandLog {
  if (log.open.has(id)) return log;
  if (log.open.size >= CHUNK) return { full: [...log.full, log.open], open: new Set([id]) };
  return { full: log.full, open: new Set(log.open).add(id) };
}

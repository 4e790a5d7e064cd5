import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { EventLog } from '../storage/event-log.js';
import type { EventStorage } from '../storage/event-storage.js';
import type { ProposedEvent } from '../storage/event-table.js';
import type { ScavengePoint } from './removable.js';

/** A scavenge that was begun and not finished. */
export interface Scavenge extends ScavengePoint {
  id: string;
}

/** Where EventStoreDB, too, says how a scavenge went. */
const streamOf = (id: string): string => `$scavenges-${id}`;

export function currentScavenge(db: DatabaseSync): Scavenge | undefined {
  const row = db.prepare('SELECT id, position, started_ms FROM scavenge').get();
  return (
    row && {
      id: row['id'] as string,
      position: row['position'] as number,
      nowMs: row['started_ms'] as number,
    }
  );
}

/** Everything before the event that says so may be removed. */
export function recordStart(storage: EventStorage, id: string): Promise<Scavenge> {
  return storage.transact((db, log) => {
    const { position } = record(log, id, '$scavengeStarted', {});
    const nowMs = Date.now();
    db.prepare('INSERT INTO scavenge (id, position, started_ms) VALUES (?, ?, ?)').run(id, position, nowMs);
    return { id, position, nowMs };
  });
}

export interface Ending {
  result: 'Success' | 'Stopped' | 'Failed';
  error: string;
  /** Milliseconds since the epoch. */
  began: number;
  /** Bytes. */
  spaceSaved: number;
}

export function endScavenge(storage: EventStorage, { id }: Scavenge, ending: Ending): Promise<void> {
  const { result, error, began, spaceSaved } = ending;
  return storage.transact((db, log) => {
    record(log, id, '$scavengeCompleted', { result, error, timeTaken: elapsed(began), spaceSaved });
    db.prepare('DELETE FROM scavenge').run();
  });
}

/** Records the failure; if not even that can be stored, the scavenge is begun again at the next start. */
export async function abandoned(
  storage: EventStorage,
  scavenge: Scavenge,
  { error, began }: { error: unknown; began: number },
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${JSON.stringify({ level: 'error', msg: 'scavenge failed', reason })}\n`);
  const ending = { result: 'Failed', error: reason, began, spaceSaved: 0 } as const;
  await endScavenge(storage, scavenge, ending).catch(() => undefined);
}

function record(log: EventLog, id: string, type: string, details: object): { position: number } {
  const data = Buffer.from(JSON.stringify({ scavengeId: id, ...details }));
  const eventId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  const event: ProposedEvent = { id: eventId, type, isJson: true, data, metadata: new Uint8Array() };
  return log.append(streamOf(id), [event]);
}

/** `hh:mm:ss.fff`, as .NET writes a time span. */
function elapsed(began: number): string {
  const ms = Math.max(0, Date.now() - began);
  const hours = String(Math.floor(ms / 3_600_000)).padStart(2, '0');
  return `${hours}${new Date(ms).toISOString().slice(13, 23)}`;
}

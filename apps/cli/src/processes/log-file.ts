import { closeSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs';

const MAX_BYTES = 20 * 1024 * 1024;

/** Opens a log for appending, 0600. A log that has grown over 20 MiB is set aside as `<file>.1` first. */
export function openLog(file: string): number {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** What can't be written, on a full disk mostly, is lost: it must not end whoever keeps the parts running. */
export function writeLog(log: number, text: string): void {
  try {
    writeSync(log, text);
  } catch {
    // There is nowhere left to say so.
  }
}

/** The last lines of a log, for an error message. */
export function tailOfLog(file: string, lines = 8): string {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const buffer = Buffer.alloc(Math.min(size, 8 * 1024));
  if (buffer.length === 0) return '';
  const fd = openSync(file, 'r');
  try {
    readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  } finally {
    closeSync(fd);
  }
  return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

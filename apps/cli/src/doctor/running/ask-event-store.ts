import { AppError } from '@portcullis/contracts';
import { connectEventStore } from '@portcullis/eventing';
import { readOwnFile } from '../directory/read-own-file.js';
import type { PartAnswer } from './part.js';

const TIMEOUT_MS = 6_000;

/** Reads the end of `$all` with the services' credential. */
export async function askEventStore(urlFile: string, relocate = (url: string) => url): Promise<PartAnswer> {
  const url = (await readOwnFile(urlFile))?.trim();
  if (url === undefined) return { problem: `there is no connection string in ${urlFile}`, detail: '' };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('DEADLINE_EXCEEDED', 'it does not answer')), TIMEOUT_MS);
  });
  try {
    const store = connectEventStore({ url: relocate(url), requestTimeoutMs: TIMEOUT_MS });
    // The connection is not closed: that would wait for a server that may be silent, and this process ends soon.
    await Promise.race([store.ping(), late]);
    return { problem: null, detail: 'it answers, and takes the services’ password' };
  } catch (error) {
    const code = error instanceof AppError ? error.code : 'UNAVAILABLE';
    const refused = code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
    return { problem: refused ? 'it refuses the password' : 'it does not answer', detail: '' };
  } finally {
    clearTimeout(timer);
  }
}

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Text of a regular file, undefined if there is none that can be read. Follows no link and waits for no pipe, so that a
 * planted one can't hold doctor up or make it read something else.
 */
export async function readOwnFile(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_BYTES) return undefined;
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** The JSON in it. Undefined also when it is not JSON: the parser's message would quote the content. */
export async function readOwnJson(path: string): Promise<unknown> {
  const text = await readOwnFile(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

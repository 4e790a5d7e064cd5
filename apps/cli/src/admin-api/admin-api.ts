import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/** RFC 9457 problem of the admin API. */
const problemSchema = z.object({
  code: z.string(),
  detail: z.string().optional(),
  title: z.string().optional(),
});

/** An answer other than 2xx; `message` is what the API says to people. */
export class AdminApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'AdminApiError';
  }
}

interface Call<T> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path under the base, with its query; parts that come from outside are encoded by the caller. */
  path: string;
  body?: unknown;
  /** Shape of the answer that the caller relies on. */
  reply: z.ZodType<T>;
}

/** Codes that mean "a part is not there yet"; what they refuse has not happened. */
export const NOT_YET: readonly string[] = ['UNAVAILABLE', 'STALE', 'AUDIT_UNAVAILABLE', 'KEY_UNAVAILABLE'];
/** Those, and the codes after which it is not known whether it has: only for what may be done twice. */
export const NOT_YET_OR_UNKNOWN: readonly string[] = [...NOT_YET, 'DEADLINE_EXCEEDED', 'UNCONFIRMED'];
const REQUEST_TIMEOUT_MS = 30_000;
const RETRY_PAUSE_MS = 200;

/** Speaks to control's admin API with one key. Throws {@link AdminApiError} for what the API refuses. */
export class AdminApi {
  readonly #base: string;
  readonly #key: string;

  constructor(base: string, key: string) {
    this.#base = base.replace(/\/+$/, '');
    this.#key = key;
  }

  /** Lines of an answer that may be as long as it likes. Throws when it breaks off. */
  async *lines(path: string): AsyncGenerator<string> {
    const response = await fetch(this.#base + path, {
      headers: { authorization: `Bearer ${this.#key}` },
      redirect: 'error',
    });
    if (!response.ok || response.body === null) throw problemIn(response.status, await response.text());
    yield* createInterface({ input: Readable.fromWeb(response.body as ReadableStream), crlfDelay: Infinity });
  }

  async call<T>({ method, path, body, reply }: Call<T>): Promise<T> {
    const response = await fetch(this.#base + path, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A redirect would carry the key to where nobody meant it to go.
      redirect: 'error',
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw problemIn(response.status, text);
    return reply.parse(text === '' ? null : JSON.parse(text));
  }
}

/** Repeats work while the API refuses it with one of these codes, until the deadline (milliseconds from now). */
export async function repeatedWhile<T>(
  codes: readonly string[],
  deadlineMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const passes = error instanceof AdminApiError && codes.includes(error.code);
      if (!passes || performance.now() > end) throw error;
      await delay(RETRY_PAUSE_MS);
    }
  }
}

function problemIn(status: number, text: string): AdminApiError {
  try {
    const { code, detail, title } = problemSchema.parse(JSON.parse(text));
    return new AdminApiError(status, code, detail ?? title ?? code);
  } catch {
    return new AdminApiError(status, 'UNKNOWN', `The admin API answered ${status}`);
  }
}

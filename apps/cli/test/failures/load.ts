import { setTimeout as pause } from 'node:timers/promises';
import { KINDS, type Kind } from './tools.js';

/** What a call got. */
export interface Answer {
  kind: Kind;
  nonce: string;
  /** Size of its arguments as JSON: no other call of the same tool has the same, so its records can be found by it. */
  bytes: number;
  /** Milliseconds since the epoch. */
  sentAt: number;
  answeredAt: number;
  got: Got;
}

/** `code` is ours; `broken` is whatever no client could make sense of, a hang included. */
export type Got =
  | { is: 'result' }
  | { is: 'refusal'; code: string; correlationId: string | undefined }
  | { is: 'broken'; text: string };

export interface Target {
  mcp: string;
  apiKey: string;
  /** After so long an unanswered call counts as hanging, milliseconds. */
  hangMs: number;
}

const CALLERS_OF_KIND: Record<Kind, number> = { read: 2, credential: 2, write: 2, denied: 1 };
const PAUSE_MS = 40;

/** Calls of all kinds, several at a time, until it is told to end. */
export class Load {
  readonly answers: Answer[] = [];
  /** Over all loads: no two calls of a run are alike. */
  static #count = 0;
  #running = true;
  readonly #callers: Promise<void>[];

  constructor(private readonly target: Target) {
    this.#callers = Object.entries(CALLERS_OF_KIND).flatMap(([kind, callers]) =>
      Array.from({ length: callers }, () => this.#keepCalling(kind as Kind)),
    );
  }

  async end(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#callers);
  }

  async #keepCalling(kind: Kind): Promise<void> {
    while (this.#running) {
      this.answers.push(await this.#call(kind));
      await pause(PAUSE_MS);
    }
  }

  async #call(kind: Kind): Promise<Answer> {
    Load.#count += 1;
    const nonce = `n${String(Load.#count).padStart(7, '0')}`;
    const args = { nonce, pad: 'x'.repeat(Load.#count) };
    const bytes = Buffer.byteLength(JSON.stringify(args));
    const sentAt = Date.now();
    const heard = await ask(this.target, kind, args).catch((error: Error): Heard => ({
      is: 'broken',
      text: `${error.name}: ${error.message}`,
    }));
    return { kind, nonce, bytes, sentAt, answeredAt: Date.now(), got: own(heard, nonce) };
  }
}

type Heard = Exclude<Got, { is: 'result' }> | { is: 'result'; text: string };

function own(heard: Heard, nonce: string): Got {
  if (heard.is !== 'result') return heard;
  return heard.text.includes(nonce) ? { is: 'result' } : { is: 'broken', text: 'the answer of another call' };
}

async function ask(target: Target, kind: Kind, args: Record<string, string>): Promise<Heard> {
  const { slug, tool } = KINDS[kind];
  const response = await fetch(`${target.mcp}/${slug}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${target.apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: args['nonce'],
      method: 'tools/call',
      params: { name: tool, arguments: args },
    }),
    signal: AbortSignal.timeout(target.hangMs),
  });
  const text = await response.text();
  return read(text) ?? { is: 'broken', text: `HTTP ${response.status}: ${text.slice(0, 200)}` };
}

interface Reply {
  result?: { content?: { text?: string }[]; isError?: boolean };
  error?: { code?: number; data?: { code?: string; correlationId?: string } };
}

function read(text: string): Heard | undefined {
  const { result, error } = parse(text);
  if (result !== undefined && result.isError !== true)
    return { is: 'result', text: result.content?.[0]?.text ?? '' };
  const { code, correlationId } = error?.data ?? {};
  return code === undefined ? undefined : { is: 'refusal', code, correlationId };
}

function parse(text: string): Reply {
  try {
    return JSON.parse(text) as Reply;
  } catch {
    return {};
  }
}

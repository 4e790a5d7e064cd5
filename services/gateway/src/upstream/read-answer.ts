import { AppError } from '@portcullis/contracts';
import { readBody, type DialerResponse } from '@portcullis/egress';
import { isObject, type JsonObject } from '../mcp/json-rpc.js';
import { eventData } from '../mcp/server-sent-events.js';

/** The JSON-RPC answer to one request, as it arrived. */
export interface FinalMessage {
  text: string;
  message: JsonObject;
}

/** What the answer is expected for, and who takes the notifications that come before it. */
export interface Expected {
  id: string;
  onNotification?: (text: string, message: JsonObject) => void;
}

/** How long a stream may stay open after its answer, so that the connection can be used again. */
const LINGER_MS = 1000;

/**
 * Reads up to the answer to our request, as JSON or from a stream of events.
 *
 * @throws AppError `UPSTREAM_ERROR` for anything but a JSON-RPC answer to it; never repeats what the server sent
 */
export async function readAnswer(response: DialerResponse, expected: Expected): Promise<FinalMessage> {
  if (response.status === 401 || response.status === 403) throw rejected(response);
  if (response.status >= 300 && response.status < 400) throw badStatus(response);
  const type = headerOf(response, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/event-stream') return fromEvents(response, expected);
  if (type !== 'application/json') throw badStatus(response);
  const text = (await readBody(response)).toString('utf8');
  const message = parse(text);
  if (isAnswerTo(expected.id, message)) return { text, message };
  throw answeredBadly('The upstream server did not answer our request with a JSON-RPC message.');
}

async function fromEvents(response: DialerResponse, expected: Expected): Promise<FinalMessage> {
  // Destroying the body would break the connection, which the next request could have used.
  const chunks = response.body.iterator({ destroyOnReturn: false });
  try {
    for await (const text of eventData(chunks)) {
      if (text === '') continue;
      const message = parse(text);
      if (isAnswerTo(expected.id, message)) return { text, message };
      // Requests of servers (sampling, elicitation) are not served: the server times out or goes on without.
      if (isNotification(message)) expected.onNotification?.(text, message);
    }
  } finally {
    letEnd(response);
  }
  throw answeredBadly('The upstream server ended its stream without an answer.');
}

function letEnd({ body }: DialerResponse): void {
  body.on('error', () => undefined).resume();
  const timer = setTimeout(() => body.destroy(), LINGER_MS).unref();
  body.once('close', () => clearTimeout(timer));
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Told below, without repeating what the server sent.
  }
  throw answeredBadly('The upstream server did not answer with JSON.');
}

/** Errors may have the id null: the server could not read ours. */
function isAnswerTo(id: string, message: JsonObject): boolean {
  if (message['method'] !== undefined) return false;
  if (message['result'] !== undefined) return message['id'] === id;
  return isObject(message['error']) && (message['id'] === id || message['id'] === null);
}

const isNotification = (message: JsonObject): boolean =>
  typeof message['method'] === 'string' && message['id'] === undefined;

export function headerOf(response: DialerResponse, name: string): string | null {
  const value = response.headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

export const answeredBadly = (message: string, status?: number): AppError =>
  new AppError('UPSTREAM_ERROR', message, {
    details: { sent: true, ...(status === undefined ? {} : { status }) },
  });

export function rejected(response: DialerResponse): AppError {
  response.body.destroy();
  const { status } = response;
  return answeredBadly(`The upstream server rejected the credential (HTTP ${status}).`, status);
}

export function badStatus(response: DialerResponse): AppError {
  response.body.destroy();
  const { status } = response;
  return answeredBadly(`The upstream server answered with HTTP ${status} and no JSON-RPC message.`, status);
}

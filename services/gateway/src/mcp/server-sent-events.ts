import { AppError } from '@portcullis/contracts';

/** Longest event that is held in memory, characters. */
const MAX_EVENT = 4 * 1024 * 1024;

/**
 * The `data` of each event of a `text/event-stream` body (WHATWG HTML, "server-sent events"): lines end in LF, CR or
 * CRLF, several `data` lines are joined by LF, comments and other fields are skipped.
 */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let pending = '';
  let data: string[] = [];
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    if (pending.length > MAX_EVENT)
      throw new AppError('PAYLOAD_TOO_LARGE', 'An event of the upstream server is too large.');
    // A CR at the very end may be the first half of a CRLF: it waits for the next chunk.
    const complete = pending.endsWith('\r') ? pending.length - 1 : pending.length;
    const lines = pending.slice(0, complete).split(/\r\n|\n|\r/);
    pending = (lines.pop() ?? '') + pending.slice(complete);
    for (const line of lines) {
      if (line !== '') collect(line, data);
      else if (data.length > 0) {
        yield data.join('\n');
        data = [];
      }
    }
  }
}

function collect(line: string, data: string[]): void {
  if (line === 'data') data.push('');
  else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
}

import { AppError } from '@portcullis/contracts';

/** Longest line that is held in memory, characters. */
const MAX_LINE = 4 * 1024 * 1024;

/**
 * The `data` of each event of a `text/event-stream` body (WHATWG HTML, "server-sent events"): lines end in LF, CR or
 * CRLF, several `data` lines are joined by LF, comments and other fields are skipped. Takes time in proportion to the
 * body, however it is cut.
 */
export async function* eventData(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of lines(body)) {
    if (line !== '') collect(line, data);
    else if (data.length > 0) {
      yield data.join('\n');
      data = [];
    }
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let begun: string[] = [];
  let length = 0;
  let afterCr = false;
  for await (const chunk of body) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    // The second half of a CRLF that was cut: its line has been given already.
    if (afterCr && text.startsWith('\n')) text = text.slice(1);
    afterCr = text === '' ? false : text.endsWith('\r');
    const [first = '', ...rest] = text.split(/\r\n|\n|\r/);
    begun.push(first);
    length += first.length;
    if (length > MAX_LINE) {
      throw new AppError('PAYLOAD_TOO_LARGE', 'An event of the upstream server is too large.');
    }
    const last = rest.pop();
    if (last === undefined) continue;
    yield begun.join('');
    yield* rest;
    begun = [last];
    length = last.length;
  }
}

function collect(line: string, data: string[]): void {
  if (line === 'data') data.push('');
  else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
}

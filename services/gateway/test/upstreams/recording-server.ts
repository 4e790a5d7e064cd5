import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  method: string;
  headers: IncomingMessage['headers'];
  /** Parsed JSON, or null for a request without a body. */
  body: { method?: string; id?: unknown; params?: Record<string, unknown> } | null;
  at: number;
}

export type Answer = (
  request: ReceivedRequest,
  response: ServerResponse,
  raw: { request: IncomingMessage },
) => void | Promise<void>;

/** An HTTP server on loopback that remembers what it was asked: "untouched" is a fact about this list. */
export class RecordingServer {
  readonly received: ReceivedRequest[] = [];
  private readonly server: Server;

  private constructor(answer: Answer) {
    this.server = createServer((request, response) => void this.take(request, response, answer));
  }

  static async start(answer: Answer): Promise<RecordingServer> {
    const recording = new RecordingServer(answer);
    await new Promise<void>((resolve) => recording.server.listen(0, '127.0.0.1', resolve));
    return recording;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}/mcp`;
  }

  calls(): ReceivedRequest[] {
    return this.received.filter(({ body }) => body?.method === 'tools/call');
  }

  /** Breaks what is open; the port refuses until somebody else takes it. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async take(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = text === '' ? null : (JSON.parse(text) as ReceivedRequest['body']);
    const received = { method: request.method ?? '', headers: request.headers, body, at: performance.now() };
    this.received.push(received);
    await answer(received, response, { request });
  }
}

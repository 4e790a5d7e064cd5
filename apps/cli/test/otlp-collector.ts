import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CollectedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  /** Empty: the root of its trace. */
  parentSpanId: string;
  /** Nanoseconds since the epoch. */
  start: bigint;
  attributes: Record<string, string>;
  links: string[];
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        startTimeUnixNano: string;
        attributes?: Attribute[];
        links?: { traceId: string }[];
      }[];
    }[];
  }[];
}

/** Stands for a collector of traces: OTLP over HTTP with JSON. */
export class OtlpCollector {
  /** As they arrived. */
  readonly bodies: string[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.bodies.push(Buffer.concat(chunks).toString('utf8'));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  static async start(): Promise<OtlpCollector> {
    const collector = new OtlpCollector();
    await new Promise<void>((resolve) => collector.server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  spans(): CollectedSpan[] {
    return this.bodies.flatMap((body) => (JSON.parse(body) as Export).resourceSpans.flatMap(spansOf));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const spansOf = ({ resource, scopeSpans }: Export['resourceSpans'][number]): CollectedSpan[] =>
  scopeSpans.flatMap(({ spans }) =>
    spans.map((span) => ({
      service: valuesOf(resource.attributes)['service.name'] ?? '',
      name: span.name,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId ?? '',
      start: BigInt(span.startTimeUnixNano),
      attributes: valuesOf(span.attributes ?? []),
      links: (span.links ?? []).map(({ traceId }) => traceId),
    })),
  );

const valuesOf = (attributes: Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]));

import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError } from '@portcullis/contracts';
import { errors, type Dispatcher } from 'undici';

export interface DialerResponse {
  status: number;
  /** Names in lower case; a name that came several times is an array. */
  headers: IncomingHttpHeaders;
  /**
   * The body as it arrives, with back-pressure. It ends with an AppError when it grows over the limit
   * (PAYLOAD_TOO_LARGE), the deadline passes (DEADLINE_EXCEEDED) or the upstream breaks off (UPSTREAM_UNREACHABLE).
   * Whoever doesn't read it to the end destroys it.
   */
  body: Readable;
}

export interface ExchangeLimits {
  deadlineMs: number;
  maxResponseBytes: number;
  signal?: AbortSignal | undefined;
}

/** One byte below the largest delay that `setTimeout` keeps; a longer deadline has no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** One request on the wire: enforces its deadline, abort and size limit, and turns every failure into an AppError. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly response: Promise<DialerResponse>;
  readonly #origin: string;
  readonly #limits: ExchangeLimits;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort: (() => void) | undefined;
  #resolve!: (response: DialerResponse) => void;
  #reject!: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #received = 0;
  #finished = false;

  constructor(origin: string, limits: ExchangeLimits) {
    this.#origin = origin;
    this.#limits = limits;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (limits.deadlineMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(() => this.fail(this.#tooLate()), Math.max(0, limits.deadlineMs));
    }
    if (limits.signal) {
      this.#onAbort = () => this.fail(limits.signal!.reason);
      limits.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while it waited for a connection: nothing has been sent, and nothing will be.
    if (this.#finished) controller.abort(new Error('The request was given up before it was sent'));
    else this.#controller = controller;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200 || this.#finished) return;
    const announced = Number(headers['content-length'] ?? 0);
    if (announced > this.#limits.maxResponseBytes) return this.fail(this.#tooLarge());
    this.#body = new Readable({
      highWaterMark: 64 * 1024,
      read: () => controller.resume(),
      destroy: (error, callback) => {
        this.#giveUp(error ?? new Error('The response was not read to its end'));
        callback(error);
      },
    });
    this.#resolve({ status, headers, body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#finished) return;
    this.#received += chunk.length;
    if (this.#received > this.#limits.maxResponseBytes) return this.fail(this.#tooLarge());
    if (!this.#body!.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#finished) return;
    this.#finish();
    this.#body!.push(null);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(this.#translate(error));
  }

  /** Ends the exchange with this error, wherever it stands: queued, waiting for headers, or in the body. */
  fail(error: unknown): void {
    if (this.#finished) return;
    this.#finish();
    this.#reject(error);
    this.#body?.destroy(error as Error);
    this.#controller?.abort(error as Error);
  }

  #giveUp(reason: Error): void {
    if (this.#finished) return;
    this.#finish();
    this.#controller?.abort(reason);
  }

  #finish(): void {
    this.#finished = true;
    clearTimeout(this.#timer);
    if (this.#onAbort) this.#limits.signal!.removeEventListener('abort', this.#onAbort);
  }

  /** Whether a byte of the request may have reached the upstream: what an audit record must say about a failure. */
  get #details(): { sent: boolean } {
    return { sent: this.#controller !== undefined };
  }

  #tooLate(): AppError {
    const message = `${this.#origin} did not answer within ${Math.round(this.#limits.deadlineMs)} ms`;
    return new AppError('DEADLINE_EXCEEDED', message, { details: this.#details });
  }

  #tooLarge(): AppError {
    const message = `The answer of ${this.#origin} is larger than ${this.#limits.maxResponseBytes} bytes`;
    return new AppError('PAYLOAD_TOO_LARGE', message, { details: this.#details });
  }

  #translate(error: Error): AppError {
    if (error instanceof AppError) return error;
    const options = { cause: error, details: this.#details };
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
      return new AppError('DEADLINE_EXCEEDED', `${this.#origin} went silent`, options);
    }
    if (error instanceof errors.HeadersOverflowError) {
      return new AppError('PAYLOAD_TOO_LARGE', `The headers of ${this.#origin} are too large`, options);
    }
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
      return new AppError(
        'INVALID_REQUEST',
        'A header, the method or the path of the request is malformed',
        options,
      );
    }
    return new AppError('UPSTREAM_UNREACHABLE', `The connection to ${this.#origin} broke`, options);
  }
}

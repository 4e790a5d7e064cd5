export interface AdminAnswer<T> {
  status: number;
  body: T;
}

/** The admin API as any HTTP client has it. */
export class Admin {
  constructor(
    private readonly base: string,
    readonly key: string,
  ) {}

  async json<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<AdminAnswer<T>> {
    const response = await this.send(method, path, body);
    const text = await response.text();
    return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as T };
  }

  async text(path: string): Promise<string> {
    const response = await this.send('GET', path);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.text();
  }

  private send(method: string, path: string, body?: unknown): Promise<Response> {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    return fetch(this.base + path, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

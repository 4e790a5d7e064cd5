import { AppError, VERBS, type VerbCalls } from '@portcullis/contracts';

/** Something that the database holds, and the facts that there would be if it had been replaced or destroyed since. */
export interface Held {
  readonly id: string;
  readonly laterFacts: readonly string[];
}

/** So long it counts that audit has recorded nothing later. */
const KEPT_MS = 60_000;
const MAX_KEPT = 50_000;

/**
 * Whether audit, which a restore of the vault's database does not touch, has recorded what came after the things that the
 * database holds. That nothing did counts for a minute; whoever asks meanwhile about the same waits for the same answer.
 */
export class LaterRecords {
  private readonly current = new Map<string, number>();
  private readonly asking = new Map<string, Promise<boolean[]>>();

  constructor(
    private readonly audit: VerbCalls,
    /** Milliseconds, monotonic. */
    private readonly now: () => number,
  ) {}

  /**
   * For each of the things, in order, which of its later facts are recorded; in one question, of at most MAX_RECORDED facts.
   *
   * @throws AppError whatever asking audit fails with: then it is not known
   */
  async of(org: string, held: readonly Held[]): Promise<boolean[][]> {
    const nameOf = ({ id }: Held): string => `${org} ${id}`;
    const unknown = held.filter((it) => !this.isCurrent(nameOf(it)) && !this.asking.has(nameOf(it)));
    if (unknown.length > 0) {
      const answers = this.ask(org, unknown);
      unknown.forEach((it, index) =>
        this.track(
          nameOf(it),
          answers.then((all) => all[index] ?? []),
        ),
      );
    }
    return Promise.all(
      held.map((it) => this.asking.get(nameOf(it)) ?? Promise.resolve(it.laterFacts.map(() => false))),
    );
  }

  private async ask(org: string, held: readonly Held[]): Promise<boolean[][]> {
    const at = this.now();
    const recordIds = held.flatMap(({ laterFacts }) => laterFacts);
    const { recorded } = await this.audit.call(VERBS.recorded, { org, recordIds });
    if (recorded.length !== recordIds.length)
      throw new AppError('UNAVAILABLE', 'Audit did not say what it has recorded.');
    const answers = recorded.values();
    return held.map(({ id, laterFacts }) => {
      const own = laterFacts.map(() => answers.next().value === true);
      if (!own.includes(true)) this.remember(`${org} ${id}`, at);
      return own;
    });
  }

  private track(name: string, answer: Promise<boolean[]>): void {
    const forget = (): void => void this.asking.delete(name);
    this.asking.set(name, answer);
    answer.then(forget, forget);
  }

  private isCurrent(name: string): boolean {
    const at = this.current.get(name);
    return at !== undefined && this.now() - at < KEPT_MS;
  }

  private remember(name: string, at: number): void {
    this.current.delete(name);
    this.current.set(name, at);
    const oldest = this.current.keys().next().value;
    if (this.current.size > MAX_KEPT && oldest !== undefined) this.current.delete(oldest);
  }
}

import { AppError } from '@portcullis/contracts';
import { requireOpening } from './key-providers.js';
import type { CustomerKey } from './organisation-keys.js';

const ROUND_EVERY_MS = 30_000;
/** While one is away: so that it is seen soon that it is back. */
const ROUND_AGAIN_MS = 5_000;
const TOGETHER = 8;
const NAMED = 10;

/**
 * Which customers' keys are away. Looked at in the background, some at a time and at most every few seconds, because a customer's
 * service may hang: whoever asks whether this replica is ready waits for none of them.
 */
export class CustomerKeyHealth {
  private away: readonly string[] = [];
  private looking: Promise<void> | undefined;
  private dueAt = -Infinity;

  constructor(
    private readonly keys: readonly CustomerKey[],
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** By the last look, and begins another when it is time for it. @throws AppError `KEY_UNAVAILABLE` naming those that are away */
  async check(): Promise<void> {
    if (this.looking === undefined && this.now() >= this.dueAt) this.looking = this.look();
    const { away, keys } = this;
    if (away.length === 0) return;
    const named = away.slice(0, NAMED).join(', ');
    const more = away.length > NAMED ? ', …' : '';
    throw new AppError(
      'KEY_UNAVAILABLE',
      `${away.length} of ${keys.length} keys of customers can not be used: ${named}${more}`,
    );
  }

  private async look(): Promise<void> {
    const away: string[] = [];
    const waiting = [...this.keys];
    const one = async (): Promise<void> => {
      for (let key = waiting.shift(); key !== undefined; key = waiting.shift())
        if (!(await opens(key))) away.push(key.provider.reference);
    };
    await Promise.all(Array.from({ length: TOGETHER }, one));
    this.away = away.sort();
    this.dueAt = this.now() + (away.length === 0 ? ROUND_EVERY_MS : ROUND_AGAIN_MS);
    this.looking = undefined;
  }
}

const opens = ({ provider }: CustomerKey): Promise<boolean> =>
  requireOpening(provider).then(
    () => true,
    () => false,
  );

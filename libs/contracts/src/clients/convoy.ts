import { AsyncLocalStorage } from 'node:async_hooks';
import { groupsOf, type GroupBounds } from './groups-of.js';

/** A group that is unanswered for longer holds nobody up: its callee may be dead, and others may not be. */
const STALLED_MS = 20;

export interface ConvoyOptions<Item> extends GroupBounds<Item> {
  /** Sends a group and settles each of its items. MUST NOT reject. */
  send(group: Item[]): Promise<void>;
}

/**
 * Sends items in groups. What is added within one tick goes together, and while a group is on its way, what is
 * added meanwhile waits for the answer (or 20 ms) and then goes together: the busier it is, the larger the groups.
 * A lone item goes at the end of its tick. Nothing is dropped or reordered.
 */
export class Convoy<Item> {
  private waiting: Item[] = [];
  /** Of the first that waits: what is logged and traced of a group belongs to its request, not to the one before. */
  private context = AsyncLocalStorage.snapshot();
  private underWay = 0;
  private scheduled = false;

  constructor(private readonly options: ConvoyOptions<Item>) {}

  add(item: Item): void {
    if (this.waiting.length === 0) this.context = AsyncLocalStorage.snapshot();
    this.waiting.push(item);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.underWay === 0) this.depart();
    });
  }

  private depart(): void {
    const all = this.waiting;
    this.waiting = [];
    for (const group of groupsOf(all, this.options)) this.dispatch(group);
  }

  private dispatch(group: Item[]): void {
    this.underWay += 1;
    let counted = true;
    const returned = (): void => {
      if (!counted) return;
      counted = false;
      this.underWay -= 1;
      if (this.waiting.length > 0) this.schedule();
    };
    const stalled = setTimeout(returned, STALLED_MS);
    void this.context(() => this.options.send(group)).finally(() => {
      clearTimeout(stalled);
      returned();
    });
  }
}

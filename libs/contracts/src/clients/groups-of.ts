/** What one message may hold. */
export interface GroupBounds<Item> {
  /** What the item adds to a message, bytes or characters. */
  sizeOf(item: Item): number;
  maxItems: number;
  maxSize: number;
}

/** The items in groups that fit a message each, in order; an item that is too large for any group goes alone. */
export function* groupsOf<Item>(
  items: readonly Item[],
  { sizeOf, maxItems, maxSize }: GroupBounds<Item>,
): Generator<Item[]> {
  // There is nothing to divide, so nothing to measure.
  if (items.length === 1) {
    yield [...items];
    return;
  }
  let group: Item[] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    if (group.length === maxItems || (group.length > 0 && size + own > maxSize)) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(item);
    size += own;
  }
  if (group.length > 0) yield group;
}

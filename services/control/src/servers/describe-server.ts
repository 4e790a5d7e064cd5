import { AppError, type PolicyCommand } from '@portcullis/contracts';
import { canonicalOrigin } from '@portcullis/egress';
import type { ServerRow } from '../database/rows.js';

/** Where credentials of a server with this URL may travel. @throws AppError `INVALID_ARGUMENT` saying what is wrong with it. */
export function destinationOf(url: string): string {
  try {
    return canonicalOrigin(url);
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    throw new AppError('INVALID_ARGUMENT', `body.url: ${thrown.message}.`, {
      cause: thrown,
      details: { faults: [{ where: 'body.url', what: thrown.message }] },
    });
  }
}

/** What policy has to know of a server: enough to bind a credential to its destination. */
export function asPolicyServer({ srv, slug, dst, slots }: Pick<ServerRow, 'srv' | 'slug' | 'dst' | 'slots'>) {
  return { srv, slug, dst, slots: slots.map(({ slot, owner }) => ({ slot, owner })) };
}

export const connectCommands = (row: ServerRow): PolicyCommand[] => [
  // A first attempt with other values may have got as far as policy: nothing but this request refers to the id.
  { type: 'RemoveServer', srv: row.srv },
  { type: 'ConnectServer', ...asPolicyServer(row) },
];

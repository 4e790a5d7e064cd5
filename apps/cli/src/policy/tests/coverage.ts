import type { PolicyDocument } from '@portcullis/contracts';

export interface Coverage {
  rules: number;
  /** Ids of rules and guards that applied to no call. */
  unreached: string[];
  /** Rounded down: 100 is all of them. */
  percent: number;
}

/** Which rules of a policy applied to some call, guards too. */
export function coverageOf(document: PolicyDocument, reached: ReadonlySet<string>): Coverage {
  const ids = [...document.guards, ...document.rules].map(({ id }) => id);
  const unreached = ids.filter((id) => !reached.has(id));
  const percent = ids.length === 0 ? 100 : Math.floor((100 * (ids.length - unreached.length)) / ids.length);
  return { rules: ids.length, unreached, percent };
}

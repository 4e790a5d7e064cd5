/** `info`: so by design of this version, neither good nor bad. `skipped`: not looked at, or explained by another fault. */
export type Status = 'ok' | 'info' | 'skipped' | 'warn' | 'fail';

/** What a check has found. Never holds a secret, nor anything that was read from a file of secrets. */
export interface Finding {
  status: Status;
  /** A sentence without a full stop. */
  reason: string;
  /** How to mend it: a command, or what to do. Every `warn` and `fail` has one. */
  mend?: string;
  /**
   * Checks whose failure would explain this one: it is explained when of each group at least one has failed. Missing or
   * empty: nothing else explains it.
   */
  causes?: readonly (readonly string[])[];
}

export const ok = (reason: string): Finding => ({ status: 'ok', reason });
export const info = (reason: string): Finding => ({ status: 'info', reason });
export const skipped = (reason: string): Finding => ({ status: 'skipped', reason });
export const warn = (reason: string, mend: string): Finding => ({ status: 'warn', reason, mend });
export const fail = (reason: string, mend: string): Finding => ({ status: 'fail', reason, mend });

/** The faults, or that all is well when there are none. */
export const unlessFaulty = (faults: Finding[], allWell: string): Finding[] =>
  faults.length > 0 ? faults : [ok(allWell)];

/** Quoted for a POSIX shell, where it has to be. */
export const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

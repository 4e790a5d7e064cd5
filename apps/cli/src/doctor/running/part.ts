import { fail, ok, quoted, type Finding } from '../finding.js';

/** What the kernel says of the process; `unknown` where it runs elsewhere. */
export type PartProcess = { pid: number; stopped: boolean } | 'gone' | 'unknown';

/** What asking the part gave: nothing wrong, or why there was no good answer; and findings beside that. */
export interface PartAnswer {
  problem: string | null;
  detail: string;
  /** Causes of the problem, see {@link Finding.causes}. */
  causes?: Finding['causes'];
  more?: Finding[];
}

export interface PartPlace {
  process: PartProcess;
  /** A command that shows the end of its log. */
  log: string;
  /** A command that starts it again. */
  restart: string;
}

/** A process that is stopped may still accept connections, by the kernel's hand: so its state comes first. */
export function judgePart({ process, log, restart }: PartPlace, answer: PartAnswer): Finding[] {
  if (process === 'gone') return [fail('it does not run; its supervisor keeps trying to start it', log)];
  if (process !== 'unknown' && process.stopped)
    return [
      fail(`process ${process.pid} is stopped, by a signal or a debugger`, `kill -CONT ${process.pid}`),
    ];
  if (answer.problem === null) return [ok(answer.detail), ...(answer.more ?? [])];
  const finding = fail(answer.problem, `${log}; to start it again: ${restart}`);
  return [{ ...finding, ...(answer.causes === undefined ? {} : { causes: answer.causes }) }];
}

export const showLog = (file: string): string => `tail -n 20 ${quoted(file)}`;

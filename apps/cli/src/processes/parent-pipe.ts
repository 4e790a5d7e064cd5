import { extname } from 'node:path';

/** Number of the descriptor on which a process watches for the end of its parent. */
export const PARENT_PIPE_VARIABLE = 'PORTCULLIS_PARENT_PIPE';

/** The module beside this one, compiled or not as this one is. */
const WATCHER = new URL(`die-with-parent${extname(import.meta.url)}`, import.meta.url);

/** Arguments for `node` that make the process end with its parent. */
export const endWithParentArguments = (): string[] => ['--import', WATCHER.href];

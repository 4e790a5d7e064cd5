import { endWithParentArguments } from '../src/processes/parent-pipe.js';
import { processPart, type Part, type ProcessSpec } from '../src/processes/managed-process.js';

/** A part whose program is given as text. */
export function program(name: string, code: string, overrides: Partial<ProcessSpec> = {}): Part {
  const endsWithParent = overrides.endsWithParent ?? true;
  return processPart({
    name,
    command: process.execPath,
    args: [...(endsWithParent ? endWithParentArguments() : []), '--eval', code],
    env: {},
    readiness: { by: 'line' },
    readyWithinMs: 15_000,
    endsWithParent,
    ...overrides,
  });
}

/** Says that it is ready and lives until it is told to end. */
export const SERVES = `
  process.on('SIGTERM', () => process.exit(0));
  setInterval(() => {}, 1000);
  console.log('{"ready":true,"port":4711}');
`;

/** Like a service that hangs: nothing but SIGKILL ends it. */
export const IGNORES_SIGTERM = SERVES.replace('process.exit(0)', 'undefined');

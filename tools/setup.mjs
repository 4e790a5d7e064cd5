// Brings a checkout into a state that can run: dependencies, PostgreSQL, NATS server, build. Each step looks first and
// does only what is missing, so the second time takes a moment. Prints one line a step on standard error.
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';
import { installDependencies } from './setup/dependencies.mjs';
import { provideNatsServer } from './setup/nats.mjs';
import { linkPostgresLibraries } from './setup/postgres.mjs';

/** @returns {{natsServer: string}} what it found that a child process must be told. */
export function setup() {
  const say = (line) => process.stderr.write(`setup: ${line}\n`);
  installDependencies(say);
  linkPostgresLibraries(say);
  const natsServer = provideNatsServer(say);
  build(say);
  return { natsServer };
}

/** Runs setup for a command-line tool: a failure is one clear message and exit code 1. */
export function setupOrExit() {
  try {
    return setup();
  } catch (error) {
    process.stderr.write(`setup failed: ${error.message}\n`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setupOrExit();

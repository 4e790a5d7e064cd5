import { execFile } from 'node:child_process';
import { fail, ok, type Finding } from '../finding.js';
import type { Check } from '../run-checks.js';

export type NatsServerFacts =
  | { found: false; problem: string }
  /** `version` is undefined when the program did not say it. */
  | { found: true; path: string; version: string | undefined };

export function judgeNatsServer(facts: NatsServerFacts): Finding[] {
  if (!facts.found) return [fail(facts.problem, 'npm start, which gets one')];
  if (facts.version === undefined)
    return [
      fail(`${facts.path} does not run`, 'install nats-server, or set NATS_SERVER_BIN to one that runs'),
    ];
  return [ok(`nats-server ${facts.version} (${facts.path})`)];
}

/** @param locate throws with what to do when there is none */
export const natsServerCheck = (locate: () => string): Check => ({
  id: 'nats-server',
  run: async (signal) => judgeNatsServer(await lookAt(locate, signal)),
});

async function lookAt(locate: () => string, signal: AbortSignal): Promise<NatsServerFacts> {
  let path: string;
  try {
    path = locate();
  } catch (error) {
    return { found: false, problem: (error as Error).message };
  }
  return { found: true, path, version: await versionOf(path, signal) };
}

function versionOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { env: {}, signal, killSignal: 'SIGKILL' }, (error, output) =>
      resolve(error ? undefined : /v?(\d+\.\d+\.\d+\S*)/.exec(output)?.[1]),
    );
  });
}

import { upEnvironment } from '../config.js';
import { createProgress } from './progress.js';
import { reportOf } from './report.js';
import { seedInstallation } from '../seeding/seed-installation.js';
import { startInstallation, type RunningInstallation } from './start-installation.js';
import { describeForPeople } from './describe-for-people.js';

export interface UpArguments {
  data: string;
  port: number;
  json: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * `portcullis up`: starts everything, says where it is, stays until it is told to end, ends everything. Returns the exit
 * code: 0 after an orderly end, 1 when the start failed.
 */
export async function up({ data, port, json }: UpArguments): Promise<number> {
  const told = toldToEnd();
  const progress = createProgress(process.stderr);
  let installation: RunningInstallation | undefined;
  try {
    const options = {
      dataDirectory: data,
      mcpPort: port,
      environment: upEnvironment(),
      progress,
      signal: told.signal,
    };
    installation = await startInstallation(options);
    const running = installation;
    told.killOnSecond(() => running.supervisor.killAll());
    const seeded = await progress.step('organisation, keys, servers and policy', () =>
      seedInstallation(running),
    );
    const report = reportOf(running, seeded);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeForPeople(report));
    seeded.shown();
    await told.end;
    progress.note('Stopping');
    return 0;
  } catch (error) {
    if (told.signal.aborted) return 0;
    progress.note((error as Error).message);
    return 1;
  } finally {
    await installation?.stop();
  }
}

interface Told {
  signal: AbortSignal;
  /** Resolves at the first signal. */
  end: Promise<void>;
  /** Impatience: at the second signal nothing is waited for. */
  killOnSecond: (kill: () => void) => void;
}

function toldToEnd(): Told {
  const ending = new AbortController();
  let kill = (): void => undefined;
  const onSignal = (): void => {
    if (ending.signal.aborted) {
      kill();
      process.exit(1);
    }
    ending.abort(new Error('Told to stop'));
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  // Whatever ends this process, nothing of it stays.
  process.on('exit', () => kill());
  const end = new Promise<void>((resolve) => ending.signal.addEventListener('abort', () => resolve()));
  return { signal: ending.signal, end, killOnSecond: (given) => void (kill = given) };
}

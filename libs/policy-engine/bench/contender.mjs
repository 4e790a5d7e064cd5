import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('contender-process.mjs', import.meta.url));

/** A contender that has loaded the workload of this size and waits to be asked. */
export async function startContender(name, size) {
  const child = fork(PROGRAM, [name, String(size)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answer = async () => {
    const [said] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code, signal]) => {
        throw new Error(`${name} ended: ${code ?? signal}`);
      }),
    ]);
    return said;
  };
  await answer();
  return {
    name,
    ask: (ask, options) => {
      child.send({ ask, options });
      return answer();
    },
    stop: () => child.kill(),
  };
}

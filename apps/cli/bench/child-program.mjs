import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A program of the benchmark in a process of its own, once it has said that it is ready; it ends with this process. */
export async function startProgram(name, env = {}) {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const child = fork(file, { env });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`)));
  const next = () => Promise.race([once(child, 'message').then(([message]) => message), ended]);
  const { port } = await next();
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    /** Its answer to one question; one at a time. */
    async ask(question) {
      const answer = next();
      child.send(question);
      const { error, ...result } = await answer;
      if (error !== undefined) throw new Error(error);
      return result;
    },
    stop: () => child.connected && child.disconnect(),
  };
}

// One contender in a process of its own: what one engine does to the compiler and the heap is not the others' business.
import { measure } from '../../../tools/bench/measure.mjs';
import { casbin } from './contenders/casbin.mjs';
import { casl } from './contenders/casl.mjs';
import { cedarWasm } from './contenders/cedar.mjs';
import { check, verdict } from './contenders/ours.mjs';
import { makeWorkload } from './workload.mjs';

const CONTENDERS = { check, verdict, casl, 'cedar-wasm': cedarWasm, casbin };

const [name, size] = process.argv.slice(2);
const workload = makeWorkload(Number(size));
const decide = await CONTENDERS[name](workload);
const calls = workload.calls.length;

const answers = {
  /** Decisions on every tenth call, to be compared with those of the others. */
  decisions: () => Array.from({ length: calls / 10 }, (_, n) => decide(n * 10)),
  /** With the processor time of one decision, which other work on the machine does not stretch. */
  measure: async (options) => {
    let n = 0;
    let decided = 0;
    const started = process.cpuUsage();
    const measured = await measure(() => {
      decided += 1;
      return decide((n = (n + 1) % calls));
    }, options);
    const { user, system } = process.cpuUsage(started);
    return { ...measured, cpuMicros: (user + system) / decided };
  },
};

process.on('message', async ({ ask, options }) => process.send(await answers[ask](options)));
process.send('ready');

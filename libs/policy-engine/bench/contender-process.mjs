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
  measure: (options) => {
    let n = 0;
    return measure(() => decide((n = (n + 1) % calls)), options);
  },
};

process.on('message', async ({ ask, options }) => process.send(await answers[ask](options)));
process.send('ready');

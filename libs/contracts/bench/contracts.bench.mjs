// What the formats of a call cost, each beside the nearest thing that does less: the bare primitive, the signature or
// the standard that would have been the alternative.
import { compare } from './compare.mjs';
import { digests, json } from './json-contests.mjs';
import { envelopes, sealing } from './sealing-contests.mjs';
import { requests, tokens } from './token-contests.mjs';

export default async function contracts(run) {
  const groups = { tokens, requests, digests, sealing, envelopes, json };
  const rows = [];
  for (const [name, make] of Object.entries(groups)) {
    run.say(`contracts: ${name}`);
    for (const contest of make()) rows.push(await compare(run, contest));
  }
  return rows;
}

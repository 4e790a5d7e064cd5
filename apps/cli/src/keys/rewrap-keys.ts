import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { rewrapReplySchema, type SignedRotationReport } from '@portcullis/contracts';
import { NOT_YET, repeatedWhile, type AdminApi } from '../admin-api/admin-api.js';
import { describeReport, describeRewrap } from './describe-keys.js';
import { KEKS, keysApi, print, readKeys } from './keys-api.js';

export interface RewrapArguments {
  admin: string;
  rate: number;
  wait: boolean;
  report?: string;
  json: boolean;
}

const LOOK_MS = 1_000;
/** A part that is restarted is there again in less. */
const PATIENCE_MS = 120_000;

/** `portcullis keys rewrap`. 0: everything was moved, or it goes on; 1: something would not open and is named in the report. */
export async function rewrapKeys({ admin, rate, wait, report, json }: RewrapArguments): Promise<0 | 1> {
  const api = keysApi(admin);
  const begun = await api.call({
    method: 'POST',
    path: `${KEKS}/rewraps`,
    body: { rowsPerSecond: rate },
    reply: rewrapReplySchema,
  });
  if (!wait) {
    print(
      json,
      begun,
      `Rewrap ${begun.rewrap} to ${begun.target} has begun: portcullis keys status shows it.`,
    );
    return 0;
  }
  const signed = await ended(api, begun.rewrap);
  if (report !== undefined) writeFileSync(report, `${JSON.stringify(signed, null, 2)}\n`, { mode: 0o600 });
  print(json, signed, describeReport(signed));
  return signed.report.unmoved === 0 ? 0 : 1;
}

async function ended(api: AdminApi, rewrap: string): Promise<SignedRotationReport> {
  for (let told = ''; ; await pause(LOOK_MS)) {
    const keys = await repeatedWhile(NOT_YET, PATIENCE_MS, () => readKeys(api));
    if (keys.lastReport?.report.rewrap === rewrap) return keys.lastReport;
    const now = describeRewrap(keys.rewrap);
    if (now !== told) process.stderr.write(`${now}\n`);
    told = now;
  }
}
